"""A local Azure: Microsoft Entra's login, virtual machines and alerts, as they are on the wire."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.plugins.builtin.clouds.wire_cloud import Asked, Route, Told, WireCloud

SUBSCRIPTION: Final = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
TENANT: Final = "72f988bf-86f1-41af-91ab-2d7cd011db47"
TOKEN: Final = "entra-token"
_COMPUTE: Final = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines"
_MACHINE: Final = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/([^/]+)"
    "/providers/Microsoft.Compute/virtualMachines/([^/]+)"
)


class WireAzure(WireCloud):
    """``machines`` are the power states by resource group and name, ``alerts`` as Azure has them.

    Lists come in pages of two.
    """

    logins = "/oauth2/|/.well-known/"

    def __init__(self, certificate: Path) -> None:
        super().__init__(certificate)
        self.machines: dict[tuple[str, str], str] = {}
        self.alerts: list[Any] = []
        self.locked = ""

    @property
    def variables(self) -> dict[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": self.url,
            "AZURE_RESOURCE_MANAGER_ENDPOINT": self.url,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": "01020304-0000-4000-8000-000000000000",
            "AZURE_CLIENT_SECRET": "a-client-secret",
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }

    def routes(self) -> Sequence[Route]:
        return (
            ("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", self._discover),
            ("POST", f"/{TENANT}/oauth2/v2.0/token", self._log_in),
            ("GET", _COMPUTE, self._list),
            ("POST", f"{_MACHINE}/(start|deallocate)", self._order),
            (
                "GET",
                f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts",
                self._alerts,
            ),
        )

    def answer(self, asked: Asked) -> Told:
        is_open = "authorization" in asked.headers or asked.path.startswith(f"/{TENANT}/")
        if (
            not is_open
            or asked.headers.get("authorization", f"Bearer {TOKEN}") != f"Bearer {TOKEN}"
        ):
            return Told({"error": {"code": "AuthenticationFailed", "message": "No token."}}, 401)
        return super().answer(asked)

    def _discover(self, _: Asked) -> Told:
        place = f"{self.url}/{TENANT}"
        return Told(
            {
                "token_endpoint": f"{place}/oauth2/v2.0/token",
                "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
                "issuer": f"{place}/v2.0",
            }
        )

    def _log_in(self, asked: Asked) -> Told:
        if asked.form["client_secret"] != self.variables["AZURE_CLIENT_SECRET"]:
            told = {"error": "invalid_client", "error_description": "AADSTS7000215: wrong secret"}
            return Told(told, 401)
        assert asked.form["scope"].endswith("/.default")
        return Told({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})

    def _list(self, asked: Asked) -> Told:
        with_state = asked.query.get("statusOnly") == "true"
        found = [self._machine(*place, with_state=with_state) for place in self.machines]
        return self._page(asked, found)

    def _machine(self, group: str, name: str, *, with_state: bool) -> dict[str, Any]:
        place = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group.upper()}/providers"
        properties: dict[str, Any] = {"provisioningState": "Succeeded"}
        if with_state:
            code = f"PowerState/{self.machines[group, name]}"
            statuses = [{"code": "ProvisioningState/succeeded"}, {"code": code}]
            properties["instanceView"] = {"statuses": statuses}
        else:
            properties["hardwareProfile"] = {"vmSize": "Standard_B1s"}
        return {
            "id": f"{place}/Microsoft.Compute/virtualMachines/{name}",
            "name": name,
            "type": "Microsoft.Compute/virtualMachines",
            "location": "westeurope",
            "properties": properties,
        }

    def _order(self, _: Asked, group: str, name: str, order: str) -> Told:
        if name == self.locked:
            return Told({"error": {"code": "ScopeLocked", "message": f"{name} is locked."}}, 409)
        place = next(p for p in self.machines if (p[0].upper(), p[1]) == (group.upper(), name))
        self.machines[place] = {"start": "running", "deallocate": "deallocated"}[order]
        return Told(None, 202, {"Location": f"{self.url}/operations/1", "Retry-After": "60"})

    def _alerts(self, asked: Asked) -> Told:
        assert asked.query["monitorCondition"] == "Fired"
        severity = asked.query.get("severity")
        found = [
            each
            for each in self.alerts
            if severity in {None, each["properties"]["essentials"]["severity"]}
        ]
        return self._page(asked, found)

    def _page(self, asked: Asked, found: list[Any]) -> Told:
        first = int(asked.query.get("skip", 0))
        page: dict[str, Any] = {"value": found[first : first + 2]}
        if found[first + 2 :]:
            query = "&".join(f"{k}={v}" for k, v in {**asked.query, "skip": first + 2}.items())
            page["nextLink"] = f"{self.url}{asked.path}?{query}"
        return Told(page)

    def fire(self, name: str, severity: str, state: str = "New") -> None:
        """Add an alert that has fired."""
        place = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts"
        essentials = {
            "severity": severity,
            "signalType": "Metric",
            "alertState": state,
            "monitorCondition": "Fired",
            "targetResourceName": "vm1",
            "monitorService": "Platform",
            "alertRule": f"/rules/{name}",
            "startDateTime": "2026-11-20T10:00:00.1Z",
        }
        self.alerts.append(
            {
                "id": f"{place}/{name}",
                "name": name,
                "type": "Microsoft.AlertsManagement/alerts",
                "properties": {"essentials": essentials},
            }
        )
