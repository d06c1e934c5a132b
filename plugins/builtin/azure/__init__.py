"""The plugin ``azure``: virtual machines and alerts, by the credentials that azure-identity finds.

Azure's libraries are imported when they are first needed.
"""

from collections.abc import Callable

from plugins.authoring.hookspecs import Alerts, Figures, RegisterTool, hookimpl
from plugins.builtin.azure.alerts import azure_alerts, list_azure_alerts
from plugins.builtin.azure.machines import (
    azure_figures,
    list_azure_vms,
    start_azure_vms,
    stop_azure_vms,
)
from plugins.builtin.clouds.extras import require_extra


@hookimpl
def puerto_register_tools(register: RegisterTool) -> None:
    """Register the tools."""
    for module in ("azure.identity", "azure.mgmt.alertsmanagement", "azure.mgmt.compute"):
        require_extra("azure", module)
    register(list_azure_vms)
    register(start_azure_vms)
    register(stop_azure_vms)
    register(list_azure_alerts)


@hookimpl
def puerto_register_figures(register: Callable[[Figures], None]) -> None:
    """Register the figures: counts of virtual machines."""
    register(azure_figures)


@hookimpl
def puerto_register_alerts(register: Callable[[Alerts], None]) -> None:
    """Register the alerts of Azure Monitor."""
    register(azure_alerts)
