"""Shows a tool's schema as each provider is sent it."""

from collections.abc import Sequence

from adapters.llm.schemas import TARGETS, compile_tool
from domain.tools.ports import ProviderSchema, SchemaLoss, ToolSchemas
from domain.tools.tool import ToolSpec


class CompiledToolSchemas(ToolSchemas):
    """Compiles tools as requests do."""

    def providers(self) -> Sequence[str]:
        """Return the names of the known schema dialects."""
        return tuple(TARGETS)

    def of(self, spec: ToolSpec, provider: str) -> ProviderSchema:
        """Return the tool as the provider is sent it, with what was lost."""
        made = compile_tool(spec, TARGETS[provider])
        losses = [SchemaLoss(loss.path, loss.keyword, loss.what) for loss in made.losses]
        return ProviderSchema(made.name, made.description, made.parameters, losses, made.refusal)
