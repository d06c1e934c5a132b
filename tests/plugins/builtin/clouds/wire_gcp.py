"""A local Google Cloud: its token server, instances and alerts, as they are on the wire."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.plugins.builtin.clouds.wire_cloud import Asked, Route, Told, WireCloud

PROJECT: Final = "our-project"
TOKEN: Final = "google-token"
ZONE: Final = "europe-west1-b"
ACCOUNT: Final = "puerto@our-project.iam.gserviceaccount.com"
_COMPUTE: Final = f"/compute/v1/projects/{PROJECT}"


class WireGcp(WireCloud):
    """``instances`` are the states by zone and name, ``alerts`` as Google has them.

    Instances come in one page for each zone, alerts in pages of two.
    """

    logins = "/token"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.instances: dict[tuple[str, str], str] = {}
        self.alerts: list[dict[str, Any]] = []
        self._key = rsa.generate_private_key(65537, 2048)
        self._file = folder / "service-account.json"
        self._file.write_text(json.dumps(self._account()))

    @property
    def variables(self) -> dict[str, str]:
        return {
            "GOOGLE_APPLICATION_CREDENTIALS": str(self._file),
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"{self.url}/compute/v1/",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING": f"{self.url}/",
        }

    def _account(self) -> dict[str, str]:
        private = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "client_email": ACCOUNT,
            "private_key": private.decode(),
            "token_uri": f"{self.url}/token",
            "project_id": PROJECT,
        }

    def routes(self) -> Sequence[Route]:
        return (
            ("POST", "/token", self._log_in),
            ("GET", f"{_COMPUTE}/aggregated/instances", self._list),
            ("POST", f"{_COMPUTE}/zones/([^/]+)/instances/([^/]+)/(start|stop)", self._order),
            ("GET", f"/v3/projects/{PROJECT}/alerts", self._alerts),
        )

    def answer(self, asked: Asked) -> Told:
        if asked.path != "/token" and not self._knows(asked.headers.get("authorization", "")):
            return Told({"error": {"code": 401, "message": "No token."}}, 401)
        return super().answer(asked)

    def _knows(self, authorization: str) -> bool:
        """Tell whether it is a token of ours, or one that the account signed itself."""
        _, _, token = authorization.partition(" ")
        if token == TOKEN:
            return True
        pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed = jwt.decode(token, RSAKey.import_key(pem), algorithms=["RS256"])
        return bool(signed.claims["iss"] == ACCOUNT)

    def _log_in(self, asked: Asked) -> Told:
        assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return Told({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    def _list(self, asked: Asked) -> Told:
        zones = sorted({zone for zone, _ in self.instances})
        first = int(asked.query.get("pageToken", 0))
        items: dict[str, Any] = {
            "zones/asia-east1-a": {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "None."}}
        }
        for zone in zones[first : first + 1]:
            names = [name for place, name in self.instances if place == zone]
            found = [self._instance(zone, name) for name in names]
            items[f"zones/{zone}"] = {"instances": found}
        page = {"kind": "compute#instanceAggregatedList", "items": items}
        return Told(page | ({"nextPageToken": str(first + 1)} if zones[first + 1 :] else {}))

    def _instance(self, zone: str, name: str) -> dict[str, Any]:
        place = f"https://www.googleapis.com{_COMPUTE}/zones/{zone}"
        access = {"kind": "compute#accessConfig", "natIP": "203.0.113.7"}
        network = {"networkIP": "10.0.0.7", "accessConfigs": [access]}
        return {
            "kind": "compute#instance",
            "id": "4711",
            "name": name,
            "status": self.instances[zone, name],
            "zone": place,
            "machineType": f"{place}/machineTypes/e2-micro",
            "networkInterfaces": [network],
            "creationTimestamp": "2026-11-20T02:00:00.000-08:00",
        }

    def _order(self, _: Asked, zone: str, name: str, order: str) -> Told:
        self.instances[zone, name] = {"start": "RUNNING", "stop": "TERMINATED"}[order]
        operation = {"kind": "compute#operation", "name": "op-1", "id": "1", "status": "RUNNING"}
        place = f"https://www.googleapis.com{_COMPUTE}/zones/{zone}"
        return Told(operation | {"zone": place, "operationType": order})

    def _alerts(self, asked: Asked) -> Told:
        assert asked.query["filter"] == 'state="OPEN"'
        first = int(asked.query.get("pageToken", 0))
        page: dict[str, Any] = {"alerts": self.alerts[first : first + 2], "totalSize": 3}
        return Told(page | ({"nextPageToken": str(first + 2)} if self.alerts[first + 2 :] else {}))

    def open_alert(self, name: str, severity: str | None = None) -> None:
        """Add an open alert, of a policy with that severity."""
        policy = {"name": f"projects/{PROJECT}/alertPolicies/1", "displayName": name}
        self.alerts.append(
            {
                "name": f"projects/{PROJECT}/alerts/{name}",
                "state": "OPEN",
                "openTime": "2026-11-20T10:00:00Z",
                "resource": {"type": "gce_instance", "labels": {"zone": ZONE, "instance_id": "7"}},
                "policy": policy | ({"severity": severity} if severity else {}),
            }
        )
