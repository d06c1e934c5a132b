"""Tools: what the model may call, and what a call may do to the world."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from logging import Logger
from typing import Any, Protocol

from domain.conversations import Message
from domain.identity import User


class Effect(StrEnum):
    """What a call does to the world: nothing, a change, or a change that cannot be undone."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What is known of a tool without running it.

    ``parameters`` is a JSON Schema (2020-12) of type object; ``timeout`` is in seconds;
    ``open_world`` says that the tool reaches things outside this service (MCP's annotation).
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
    version: str = field(init=False)

    def __post_init__(self) -> None:
        described = [
            self.name,
            self.description,
            self.parameters,
            self.effect,
            self.idempotent,
            self.open_world,
        ]
        text = json.dumps(described, sort_keys=True, default=str)
        object.__setattr__(self, "version", hashlib.sha256(text.encode()).hexdigest()[:16])


ConversationSearch = Callable[[str, int], Awaitable[Sequence[Message]]]


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call it serves.

    ``call_id`` names the call, the same on a second try, and so serves as idempotency key.
    ``search_conversations(text, limit)`` finds messages of this user, newest first.
    """

    user: User
    call_id: str
    log: Logger
    search_conversations: ConversationSearch
    run_id: str | None = None
    conversation_id: str | None = None


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
        """Run with checked arguments and return a JSON value.

        Raises:
            ToolError: the call did not give a result.

        """
        ...
