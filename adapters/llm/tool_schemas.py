"""What each provider is told of a tool, for people who want to know."""

from collections.abc import Sequence

from adapters.llm.schemas import TARGETS, compile_tool
from domain.tools.ports import ProviderSchema, SchemaLoss, ToolSchemas
from domain.tools.tool import ToolSpec


class CompiledToolSchemas(ToolSchemas):
    """Tools as the compiler of requests has them."""

    def providers(self) -> Sequence[str]:
        """Return whose rules are known."""
        return tuple(TARGETS)

    def of(self, spec: ToolSpec, provider: str) -> ProviderSchema:
        """Return what a provider is told of the tool."""
        made = compile_tool(spec, TARGETS[provider])
        losses = [SchemaLoss(loss.path, loss.keyword, loss.what) for loss in made.losses]
        return ProviderSchema(made.name, made.description, made.parameters, losses, made.refusal)
