"""Models: those of the settings, then the plugins'."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.llm.registry import Provider, Providers
from adapters.llm.tool_schemas import CompiledToolSchemas
from domain.models.circuit_breaker import CircuitBreaker
from domain.models.ports import ChatModels
from domain.shared.clock import Clock
from domain.tools.ports import ToolSchemas
from entrypoints.wiring.plugins import PluginParts


@dataclass(frozen=True, slots=True)
class ModelParts:
    """The providers of models, and what is known of how they fail."""

    circuit_breaker: CircuitBreaker
    providers: ChatModels
    tool_schemas: ToolSchemas


def wire_models(offered: Mapping[str, Provider], plugins: PluginParts, clock: Clock) -> ModelParts:
    """Put together the providers of models; none is loaded yet."""
    circuit_breaker = CircuitBreaker(clock)
    return ModelParts(
        circuit_breaker=circuit_breaker,
        providers=Providers(
            offered, circuit_breaker, plugins.host, plugins.incidents.note_of_model
        ),
        tool_schemas=CompiledToolSchemas(),
    )
