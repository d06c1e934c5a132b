"""Azure Monitor's alerts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from domain.monitoring.alerts import Alert, Severity
from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.azure.client import (
    alerts_management,
    plain_words,
    subscriptions,
)

AlertSeverity = Literal["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"]

_CRITICAL: Final = frozenset({"Sev0", "Sev1"})


@dataclass(frozen=True, slots=True)
class FiredAlert:
    """An alert that has fired and is not resolved; Sev0 is the worst, Sev4 the mildest."""

    id: str
    name: str
    severity: str
    resource: str
    since: str
    state: str
    rule: str


@tool(effect="read", open_world=True, category="azure", timeout=60)
def list_azure_alerts(
    severity: AlertSeverity | None = None, *, context: ToolContext
) -> Sequence[FiredAlert]:
    """List the Azure Monitor alerts of the last 30 days that have fired and are not resolved.

    Args:
        severity: Only alerts of this severity: Sev0 is critical, Sev1 error, Sev2 warning.
        context: gives the settings.

    """
    return list(_fired(context, severity))


def azure_alerts(*, context: PluginContext) -> Sequence[Alert]:
    """Return the alerts that have fired: Sev0 and Sev1 are critical, the others warnings."""
    return [
        Alert(
            each.id,
            Severity.CRITICAL if each.severity in _CRITICAL else Severity.WARNING,
            f"{each.name} ({each.resource})" if each.resource else each.name,
            {"severity": each.severity, "rule": each.rule, "since": each.since},
        )
        for each in _fired(context)
        if each.state != "Closed"  # closed by a person
    ]


def _fired(context: PluginContext, severity: str | None = None) -> Iterator[FiredAlert]:
    for subscription in subscriptions(context):
        with plain_words():
            for each in alerts_management(context, subscription).alerts.get_all(
                severity=severity, monitor_condition="Fired", time_range="30d", page_count=250
            ):
                yield _fired_alert(each)


def _fired_alert(alert: Any) -> FiredAlert:
    essentials = alert.properties.essentials
    since = essentials.start_date_time
    return FiredAlert(
        id=alert.id,
        name=alert.name,
        severity=essentials.severity,
        resource=essentials.target_resource_name or "",
        since=since.isoformat() if since else "",
        state=essentials.alert_state,
        rule=essentials.alert_rule or "",
    )
