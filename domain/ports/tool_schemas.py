"""The port to what each provider is told of a tool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.tools import ToolSpec


@dataclass(frozen=True, slots=True)
class SchemaLoss:
    """Something of a tool that a provider is not told, or told differently.

    ``path`` is a JSON Pointer into the tool's own schema, ``keyword`` the keyword there, and
    ``what`` says what became of it.
    """

    path: str
    keyword: str
    what: str


@dataclass(frozen=True, slots=True)
class ProviderSchema:
    """A tool as one provider takes it; a ``refusal`` says why it is off for that provider."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    losses: Sequence[SchemaLoss]
    refusal: str | None


class ToolSchemas(Protocol):
    """Tools as providers take them."""

    def providers(self) -> Sequence[str]:
        """Return whose rules are known; one provider may have several ways of taking tools."""
        ...

    def of(self, spec: ToolSpec, provider: str) -> ProviderSchema:
        """Return what a provider of `providers` is told of the tool."""
        ...
