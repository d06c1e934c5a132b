"""Tools: what the model may call, and what a call may do to the world."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from logging import Logger
from typing import Any, Final, Protocol, runtime_checkable

from domain.accounts.users import User
from domain.conversations.conversation import Message
from domain.shared.errors import ToolFailed
from domain.tools.http import HttpClient, NoHttpClient
from domain.tools.result_pages import ResultPage
from domain.tools.secrets import Secrets

_CHARACTERS_PER_TOKEN: Final = 4


class Effect(StrEnum):
    """What a call does to the world: nothing, a change, or a change that cannot be undone."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What is known of a tool without running it.

    ``parameters`` is a JSON Schema (2020-12) of type object; ``timeout`` is in seconds;
    ``idempotent`` says that a call made again, at any later time, does no more than it did: its
    author's word, or an operator's. ``open_world`` says that the tool reaches things outside this
    service (MCP's annotation).
    ``requires`` names the settings (environment variables) that it cannot work without.
    ``release`` is that of the plugin: of another one's tool, which looks the same, the
    ``version`` is another, too. ``operation`` is what it calls, such as ``GET /pets/{id}``, empty
    where it calls no API. ``is_abridged`` says that ``parameters`` show some of its arguments only.
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
    _told: tuple[str, int] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def version(self) -> str:
        """What tells this tool from another, or from itself otherwise described: a digest."""
        return self._described()[0]

    @property
    def tokens(self) -> int:
        """About how much of a model's input it takes."""
        return self._described()[1]

    @property
    def can_repeat(self) -> bool:
        """Tell whether somebody who knows says that a second try does no more than the first."""
        return self.effect is Effect.READ or self.idempotent

    def _described(self) -> tuple[str, int]:
        """Return version and tokens, worked out when first asked for: most tools never are."""
        if self._told is not None:
            return self._told
        described = [
            self.name,
            self.description,
            self.parameters,
            self.effect,
            self.idempotent,
            self.open_world,
            self.release,
        ]
        text = json.dumps(described, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        told = (digest, len(text) // _CHARACTERS_PER_TOKEN)
        object.__setattr__(self, "_told", told)
        return told


def missing(spec: ToolSpec, environ: Mapping[str, str]) -> list[str]:
    """Return the settings that the tool requires and that are not set: with any, it is off."""
    return [name for name in spec.requires if not environ.get(name, "").strip()]


ConversationSearch = Callable[[str, int], Awaitable[Sequence[Message]]]
ProgressReport = Callable[[str, float | None], None]
ToolSearch = Callable[[str], Awaitable[Sequence[Mapping[str, str]]]]
SchemaReader = Callable[[str, str], Awaitable[Mapping[str, Any]]]
ResultReader = Callable[[str, int], Awaitable[ResultPage]]


def _unheard(_message: str, _fraction: float | None) -> None:
    """Take a report that nobody follows."""


async def _no_results(call_id: str, _page: int) -> ResultPage:
    raise ToolFailed(f"There is no result of a call {call_id!r} here.")


async def _no_schema(tool: str, _place: str) -> Mapping[str, Any]:
    raise ToolFailed(f"There is no tool {tool!r} here.")


async def _no_tools(_query: str) -> Sequence[Mapping[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call it serves, and use for it.

    ``call_id`` names the call, the same on a second try, and so serves as idempotency key.
    ``search_conversations(text, limit)`` finds messages of this user, newest first.
    ``secrets`` holds the settings that the tool requires. ``cancelled`` is set when nobody waits
    for the result any more: a tool that runs in a thread looks at it, or waits by it.
    ``http`` is the plugin's HTTP client. ``read_result(call_id, page)`` gives a page of what came
    of an earlier call of this conversation; ``search_tools(query)`` names the tools that fit a
    task, each as ``{name, description}``; ``read_schema(tool, place)`` gives what a tool takes.
    """

    user: User
    call_id: str
    log: Logger
    search_conversations: ConversationSearch
    run_id: str | None = None
    conversation_id: str | None = None
    secrets: Secrets = field(default_factory=Secrets)
    cancelled: threading.Event = field(default_factory=threading.Event)
    http: HttpClient = field(default_factory=NoHttpClient)
    report: ProgressReport = field(default=_unheard, repr=False)
    read_result: ResultReader = field(default=_no_results, repr=False)
    search_tools: ToolSearch = field(default=_no_tools, repr=False)
    read_schema: SchemaReader = field(default=_no_schema, repr=False)

    async def progress(self, message: str, fraction: float | None = None) -> None:
        """Tell who follows the run how far the call is; ``fraction``, from 0 to 1, is how much.

        They see a few reports a second at most, and 200 characters of each.
        """
        self.report(message, fraction)
        await asyncio.sleep(0)

    def report_progress(self, message: str, fraction: float | None = None) -> None:
        """Do as `progress` does, from any thread."""
        self.report(message, fraction)


class Tool(Protocol):
    """A tool that can be run."""

    @property
    def spec(self) -> ToolSpec:
        """Say what the tool is."""
        ...

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as JSON, defaults filled in.

        Raises:
            InvalidArguments: they do not fit the schema.

        """
        ...

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Run with checked arguments and return a JSON value, in which `Artifact`s may stand.

        Raises:
            ToolError: the call did not give a result.

        """
        ...


@runtime_checkable
class Abridged(Protocol):
    """A tool whose specification may show some of its arguments only."""

    def whole_parameters(self) -> Mapping[str, Any]:
        """Return the JSON Schema of all its arguments."""
        ...


@runtime_checkable
class Previewed(Protocol):
    """A tool that can say beforehand what a call will do, for the human who is asked."""

    def preview(self, arguments: Mapping[str, Any]) -> str:
        """Return it in a line, such as ``DELETE https://api.example/pets/7``, or nothing."""
        ...
