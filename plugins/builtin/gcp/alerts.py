"""Cloud Monitoring's alerts.

They are read from its REST API: the client library for it speaks gRPC alone, and does not know
alerts yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.monitoring.alerts import Alert, Severity
from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.gcp import client

_PAGE: Final = 1000
_CRITICAL: Final = frozenset({"CRITICAL", "ERROR"})


@dataclass(frozen=True, slots=True)
class GcpAlert:
    """An open alert; ``severity`` is that of its policy, or empty."""

    id: str
    policy: str
    severity: str
    resource: str
    since: str


@tool(effect="read", open_world=True, category="gcp", timeout=60)
def list_gcp_alerts(*, context: ToolContext) -> Sequence[GcpAlert]:
    """List the Cloud Monitoring alerts of the Google Cloud project that are open."""
    return list(_open(context))


def gcp_alerts(*, context: PluginContext) -> Sequence[Alert]:
    """Return the open alerts: severities CRITICAL and ERROR are critical, others warnings."""
    return [
        Alert(
            each.id,
            Severity.CRITICAL if each.severity in _CRITICAL else Severity.WARNING,
            f"{each.policy} ({each.resource})",
            {"severity": each.severity, "since": each.since},
        )
        for each in _open(context)
    ]


def _open(context: PluginContext) -> Iterator[GcpAlert]:
    from google.api_core.exceptions import from_http_response

    url = f"{client.endpoint('monitoring')}/v3/projects/{client.project(context)}/alerts"
    session = client.monitoring(context)
    query: dict[str, Any] = {"filter": 'state="OPEN"', "pageSize": _PAGE}
    while True:
        with client.plain_words():
            response = session.get(url, params=query, timeout=client.SECONDS)
            if not response.ok:
                raise from_http_response(response)
            page = response.json()
        yield from map(_open_alert, page.get("alerts", ()))
        if not (token := page.get("nextPageToken")):
            return
        query["pageToken"] = token


def _open_alert(alert: Mapping[str, Any]) -> GcpAlert:
    policy, resource = alert.get("policy", {}), alert.get("resource", {})
    labels = [value for name, value in sorted(resource.get("labels", {}).items())]
    return GcpAlert(
        id=alert["name"],
        policy=policy.get("displayName", ""),
        severity=policy.get("severity", ""),
        resource=" ".join([resource.get("type", ""), *labels]).strip(),
        since=alert.get("openTime", ""),
    )
