"""The plugin ``gcp``: Compute Engine and Cloud Monitoring, by the credentials google-auth finds.

Google's libraries are imported when they are first needed.
"""

from collections.abc import Callable

from plugins.authoring.hookspecs import Alerts, Figures, RegisterTool, hookimpl
from plugins.builtin.clouds.extras import require_extra
from plugins.builtin.gcp.alerts import gcp_alerts, list_gcp_alerts
from plugins.builtin.gcp.instances import (
    gcp_figures,
    list_gcp_instances,
    start_gcp_instances,
    stop_gcp_instances,
)


@hookimpl
def puerto_register_tools(register: RegisterTool) -> None:
    """Register the tools."""
    for module in ("google.auth", "google.cloud.compute_v1"):
        require_extra("gcp", module)
    register(list_gcp_instances)
    register(start_gcp_instances)
    register(stop_gcp_instances)
    register(list_gcp_alerts)


@hookimpl
def puerto_register_figures(register: Callable[[Figures], None]) -> None:
    """Register the figures: counts of instances."""
    register(gcp_figures)


@hookimpl
def puerto_register_alerts(register: Callable[[Alerts], None]) -> None:
    """Register the alerts of Cloud Monitoring."""
    register(gcp_alerts)
