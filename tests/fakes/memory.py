"""The tables of the fake store."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from adapters.persistence.codec import storable
from domain.configuration import Configuration
from domain.conversations import PREVIEW_LENGTH, Conversation, Message, shorten
from domain.events import Event
from domain.identity import User
from domain.ports.runs import RunRecord
from domain.ports.users import Session


@dataclass(frozen=True)
class StoredSession:
    session: Session
    previous: str | None = None
    revoked: bool = False


@dataclass(frozen=True)
class StoredRun:
    record: RunRecord
    worker_id: str
    leased_until: datetime

    @property
    def is_active(self) -> bool:
        return self.record.finished_at is None


@dataclass
class Memory:
    """The tables. Their values are immutable, so that a shallow copy is a snapshot."""

    users: dict[str, tuple[User, str]] = field(default_factory=dict)
    sessions: dict[str, StoredSession] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, tuple[Message, ...]] = field(default_factory=dict)
    runs: dict[str, StoredRun] = field(default_factory=dict)
    events: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    configuration: dict[str, Configuration] = field(default_factory=dict)

    def snapshot(self) -> list[dict[str, Any]]:
        return [dict(getattr(self, table.name)) for table in fields(self)]

    def restore(self, snapshot: list[dict[str, Any]]) -> None:
        for table, content in zip(fields(self), snapshot, strict=True):
            setattr(self, table.name, content)

    def active_in(self, conversation_id: str) -> bool:
        return any(
            run.is_active and run.record.conversation_id == conversation_id
            for run in self.runs.values()
        )

    def say(self, message: Message) -> None:
        """Put a message at the end of its conversation."""
        content = storable(message.content)
        conversation = self.conversations[message.conversation_id]
        self.conversations[conversation.id] = replace(
            conversation,
            message_count=conversation.message_count + 1,
            last_message_preview=shorten(content, PREVIEW_LENGTH),
        )
        kept = replace(message, content=content)
        self.messages[conversation.id] = (*self.messages.get(conversation.id, ()), kept)
