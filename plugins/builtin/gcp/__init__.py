"""The plugin ``gcp``: Compute Engine and Cloud Monitoring, by the settings or google-auth.

Google's libraries are imported when they are first needed.
"""

from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.builtin.clouds.extras import require_extra
from plugins.builtin.gcp.alerts import gcp_alerts, list_gcp_alerts
from plugins.builtin.gcp.client import GcpSettings
from plugins.builtin.gcp.instances import (
    gcp_figures,
    list_gcp_instances,
    start_gcp_instances,
    stop_gcp_instances,
)


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the settings, the tools, the counts of instances, and the open alerts."""
    for module in ("google.auth", "google.cloud.compute_v1"):
        require_extra("gcp", module)
    registry.use_settings(GcpSettings)
    registry.add_tools(
        list_gcp_instances,
        start_gcp_instances,
        stop_gcp_instances,
        list_gcp_alerts,
    )
    registry.add_figures(gcp_figures)
    registry.add_alerts(gcp_alerts)
