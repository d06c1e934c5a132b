"""Models: those of the settings, then the plugins'."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.llm.registry import Provider, Providers
from adapters.llm.tool_schemas import CompiledToolSchemas
from domain.models.circuit_breaker import Circuits
from domain.models.ports import ChatModels
from domain.shared.clock import Clock
from domain.tools.ports import ToolSchemas
from entrypoints.wiring.plugins import PluginParts


@dataclass(frozen=True, slots=True)
class ModelParts:
    """The providers of models, and what is known of how they fail."""

    circuits: Circuits
    providers: ChatModels
    tool_schemas: ToolSchemas


def wire_models(offered: Mapping[str, Provider], plugins: PluginParts, clock: Clock) -> ModelParts:
    """Put together the providers of models; none is loaded yet."""
    circuits = Circuits(clock)
    return ModelParts(
        circuits=circuits,
        providers=Providers(offered, circuits, plugins.host, plugins.incidents.note_of_model),
        tool_schemas=CompiledToolSchemas(),
    )
