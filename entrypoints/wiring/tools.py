"""Tools: how they are found, which of them a model is shown, and how they are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.execution.call_services.inputs import UserInputs
from domain.execution.results import Results
from domain.execution.tool_caller import ToolCaller
from domain.execution.tool_selection import SelectionLimits, ToolSelector
from domain.plugins.administration import ToolAdministration
from domain.shared.clock import Clock
from domain.tools.catalogue import Catalogue
from domain.tools.ports import Toolbox
from domain.tools.ranking import ToolIndex
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.connected_accounts import AccountAccessParts
from entrypoints.wiring.plugins import PluginParts
from plugins.authoring.forms import PydanticForms


@dataclass(frozen=True, slots=True)
class ToolParts:
    """What stands between a model and the tools of plugins; those of ``toolbox`` run."""

    toolbox: Toolbox
    catalogue: Catalogue
    tool_selector: ToolSelector
    caller: ToolCaller
    administration: ToolAdministration


def wire_toolbox(plugins: PluginParts) -> Toolbox:
    """Return the tools of plugins."""
    return plugins.host


def wire_tools(
    settings: Settings,
    environ: Mapping[str, str],
    persistence: Persistence,
    toolbox: Toolbox,
    plugins: PluginParts,
    accounts: AccountAccessParts,
    clock: Clock,
) -> ToolParts:
    """Put together what finds and calls tools."""
    store = persistence.store
    catalogue = Catalogue(plugins.host, ToolIndex())
    tool_selector = ToolSelector(
        toolbox, catalogue, SelectionLimits(settings.tools_shown, settings.tool_tokens)
    )
    results = Results(store.artifacts, clock)
    caller = ToolCaller(
        store.conversations,
        results,
        plugins.contexts,
        environ,
        tool_selector,
        UserInputs(PydanticForms(), accounts.access),
        plugins.incidents.note,
    )
    return ToolParts(
        toolbox=toolbox,
        catalogue=catalogue,
        tool_selector=tool_selector,
        caller=caller,
        administration=ToolAdministration(plugins.plugin_service, catalogue),
    )
