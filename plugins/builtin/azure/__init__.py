"""The plugin ``azure``: virtual machines and alerts, by the settings, or what its libraries find.

Azure's libraries are imported when they are first needed.
"""

from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.builtin.azure.alerts import azure_alerts, list_azure_alerts
from plugins.builtin.azure.client import AzureSettings
from plugins.builtin.azure.machines import (
    azure_figures,
    list_azure_vms,
    start_azure_vms,
    stop_azure_vms,
)
from plugins.builtin.clouds.extras import require_extra


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the settings, the tools, the counts of virtual machines, and the alerts of Azure."""
    for module in ("azure.identity", "azure.mgmt.alertsmanagement", "azure.mgmt.compute"):
        require_extra("azure", module)
    registry.use_settings(AzureSettings)
    registry.add_tools(
        list_azure_vms,
        start_azure_vms,
        stop_azure_vms,
        list_azure_alerts,
    )
    registry.add_figures(azure_figures)
    registry.add_alerts(azure_alerts)
