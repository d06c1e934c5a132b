"""The ports to tools, their ranking, their schemas, and the files that they make."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.tools.artifacts import Artifact, KeptArtifact
from domain.tools.tool import Tool, ToolSpec


class Artifacts(Protocol):
    """The artifacts of runs; they go with their run, and so with its conversation."""

    async def add(self, artifacts: Sequence[KeptArtifact]) -> None:
        """Keep these, all or none."""
        ...

    async def get(self, user_id: str, artifact_id: str) -> Artifact:
        """Return one.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def size(self, user_id: str) -> int:
        """Return how many bytes are kept for this user."""
        ...


class ToolRanker(Protocol):
    """Ranks the tools of one catalogue; tools come and go. It is used by one task at a time."""

    def add(self, tool: ToolSpec) -> None:
        """Add a tool, in place of the one of that name if there is one."""
        ...

    def discard(self, name: str) -> None:
        """Remove the tool of that name if there is one."""
        ...

    def discard_many(self, names: Iterable[str]) -> Iterator[None]:
        """Remove the tools of these names, some milliseconds of work with each step.

        Unless it is stepped through to its end, it has to be begun again.
        """
        ...

    def rank(self, query: str, limit: int, *, among: Container[str] | None = None) -> Sequence[str]:
        """Return the names of the tools that fit, best first, at most ``limit`` of them.

        ``among`` holds the names that may come back; None: any.
        """
        ...


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


class Toolbox(Protocol):
    """The tools at hand."""

    def tools(self) -> Sequence[Tool]:
        """Return the enabled tools, sorted by name."""
        ...

    def get(self, name: str) -> Tool:
        """Return one enabled tool.

        Raises:
            UnknownTool: no enabled tool has this name.

        """
        ...
