"""Tools: their specification, their effects, and what runs them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

from domain.tools.preview import Preview
from domain.tools.schema_text import decoded
from domain.tools.tool_context import ToolContext

_CHARACTERS_PER_TOKEN: Final = 4


class Effect(StrEnum):
    """The effect of a call: none (read), a change, or a change that cannot be undone."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """The specification of a tool.

    ``parameters`` is a JSON Schema (2020-12) of type object; ``timeout`` is in seconds;
    ``idempotent`` is the author's or an operator's statement that a repeated call, at any later
    time, has no further effect. ``open_world`` says that the tool reaches things outside this
    service (MCP's annotation). ``requires`` names the environment variables that it needs.
    ``release`` is the plugin's release, which is part of the ``version``. ``operation`` is the API
    operation that it calls, such as ``GET /pets/{id}``, or empty. ``is_abridged`` says that
    ``parameters`` contains some of its arguments only. ``title`` is its name for people. The JSON
    Schema of its results is ``output_schema`` (as MCP calls it), None where nothing is said of
    them; models are not told of either. ``confirm`` names the arguments that a human must type
    again before each call.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    effect: Effect
    idempotent: bool = False
    open_world: bool = False
    category: str = "general"
    plugin: str = ""
    timeout: float = 30.0
    release: str = ""
    requires: tuple[str, ...] = ()
    operation: str = ""
    is_abridged: bool = False
    title: str = ""
    output_schema: Mapping[str, Any] | None = None
    confirm: tuple[str, ...] = ()
    _cached: tuple[str, int] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def version(self) -> str:
        """A digest of the name, description, schema, effect and release."""
        return self._described()[0]

    @property
    def tokens(self) -> int:
        """The estimated number of tokens of its definition in a request to a model."""
        return self._described()[1]

    @property
    def can_repeat(self) -> bool:
        """Tell whether a call is safe to retry: it only reads, or is idempotent."""
        return self.effect is Effect.READ or self.idempotent

    def _described(self) -> tuple[str, int]:
        """Return version and tokens, computed on first use: most tools never need them."""
        if self._cached is not None:
            return self._cached
        described = [
            self.name,
            self.description,
            decoded(self.parameters),
            self.effect,
            self.idempotent,
            self.open_world,
            self.release,
            *self.confirm,
        ]
        text = json.dumps(described, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        described_as = (digest, len(text) // _CHARACTERS_PER_TOKEN)
        object.__setattr__(self, "_cached", described_as)
        return described_as


def missing(spec: ToolSpec, environ: Mapping[str, str]) -> list[str]:
    """Return the required environment variables that are not set; with any, the tool is off."""
    return [name for name in spec.requires if not environ.get(name, "").strip()]


class Tool(Protocol):
    """A tool that can be run."""

    __slots__ = ()

    @property
    def spec(self) -> ToolSpec:
        """The tool's specification."""
        ...

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Validate arguments; return them as JSON, with defaults filled in.

        Raises:
            InvalidArguments: they do not fit the schema.

        """
        ...

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Run the tool with validated arguments; return a JSON value that may contain `Artifact`s.

        Raises:
            ToolError: the call did not give a result.

        """
        ...


@runtime_checkable
class Abridged(Protocol):
    """A tool whose specification may contain some of its arguments only."""

    __slots__ = ()

    def whole_parameters(self) -> Mapping[str, Any]:
        """Return the JSON Schema of all its arguments."""
        ...


@runtime_checkable
class Previewed(Protocol):
    """A tool that can describe a call beforehand, for the human who is asked to approve it."""

    __slots__ = ()

    async def preview(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Preview | str | None:
        """Return what the call will do, without any effect; None where that cannot be said.

        Raises:
            Exception: whatever the tool's own code raises.

        """
        ...
