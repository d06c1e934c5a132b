"""Shows a tool's schema as each provider is sent it."""

from collections.abc import Mapping, Sequence

from typing_extensions import override

from adapters.llm.providers import PROVIDERS
from adapters.llm.schemas import Target, compile_tool
from domain.tools.ports import ProviderSchema, SchemaLoss, ToolSchemas
from domain.tools.tool import ToolSpec


def schema_targets() -> Mapping[str, Target]:
    """Return the rules for tools that the providers have, by their names."""
    return {target.name: target for record in PROVIDERS for target in record.schema_rules()}


class CompiledToolSchemas(ToolSchemas):
    """Compiles tools as requests do."""

    def __init__(self) -> None:
        self._targets = schema_targets()

    @override
    def providers(self) -> Sequence[str]:
        return tuple(self._targets)

    @override
    def of(self, spec: ToolSpec, provider: str) -> ProviderSchema:
        made = compile_tool(spec, self._targets[provider])
        losses = [SchemaLoss(loss.path, loss.keyword, loss.what) for loss in made.losses]
        return ProviderSchema(made.name, made.description, made.parameters, losses, made.refusal)
