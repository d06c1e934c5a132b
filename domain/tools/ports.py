"""The ports to tools, their ranking, their schemas, and the files that they make."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.tools.artifacts import Artifact, KeptArtifact
from domain.tools.tool import Tool, ToolSpec


class Artifacts(Protocol):
    """The repository of artifacts; they are deleted with their run, and so its conversation."""

    async def add(self, artifacts: Sequence[KeptArtifact]) -> None:
        """Store artifacts, all or none."""
        ...

    async def get(self, user_id: str, artifact_id: str) -> Artifact:
        """Return one artifact.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def size(self, user_id: str) -> int:
        """Return the total bytes of this user's artifacts."""
        ...


class ToolRanker(Protocol):
    """The search index of one catalogue's tools. It is used by one task at a time."""

    def add(self, tool: ToolSpec) -> None:
        """Add a tool, in place of the one of that name if there is one."""
        ...

    def discard(self, name: str) -> None:
        """Remove the tool of that name if there is one."""
        ...

    def discard_many(self, names: Iterable[str]) -> Iterator[None]:
        """Remove the tools of these names; each step of the iterator takes some milliseconds.

        An iterator that is not exhausted must be started again.
        """
        ...

    def rank(self, query: str, limit: int, *, among: Container[str] | None = None) -> Sequence[str]:
        """Return the names of the best tools for a query, best first, at most ``limit``.

        ``among`` holds the names that may come back; None: any.
        """
        ...


@dataclass(frozen=True, slots=True)
class SchemaLoss:
    """A part of a tool's schema that a provider does not get, or gets in another form.

    ``path`` is a JSON Pointer into the tool's schema, ``keyword`` the keyword there, and ``what``
    describes the change.
    """

    path: str
    keyword: str
    what: str


@dataclass(frozen=True, slots=True)
class ProviderSchema:
    """A tool's schema lowered for one provider; ``refusal``: why it is off for that provider."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    losses: Sequence[SchemaLoss]
    refusal: str | None


class ToolSchemas(Protocol):
    """Lowers tools' schemas for providers."""

    def providers(self) -> Sequence[str]:
        """Return the names of the known dialects; one provider may have several."""
        ...

    def of(self, spec: ToolSpec, provider: str) -> ProviderSchema:
        """Return the tool's schema for one of `providers`."""
        ...


class Toolbox(Protocol):
    """The enabled tools."""

    def tools(self) -> Sequence[Tool]:
        """Return the enabled tools, sorted by name."""
        ...

    def get(self, name: str) -> Tool:
        """Return one enabled tool.

        Raises:
            UnknownTool: no enabled tool has this name.

        """
        ...
