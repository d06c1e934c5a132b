"""Conversations and the messages in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.conversations.calls import CallOutcome, CallRequest
from domain.conversations.model_preference import ModelPreference
from domain.conversations.sampling import DEFAULTS, Sampling
from domain.shared.ids import new_id
from domain.shared.text import shorten

TITLE_LENGTH: Final = 80
PREVIEW_LENGTH: Final = 120
_ANY_MODEL: Final = ModelPreference()


class MessageRole(StrEnum):
    """The author of a message."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """A message, with the tool calls that were requested and their outcomes.

    ``run_id`` is that of the run whose answer this is; the run's own record says how it ended. The
    content is empty if the run failed or was cancelled before any text. ``model_text`` is what
    models get of a user's message that guards replaced, or blocked (empty); None: its content.
    """

    id: str
    conversation_id: str
    role: MessageRole
    content: str
    created_at: datetime
    run_id: str | None = None
    tool_calls: Sequence[CallRequest] = ()
    results: Sequence[CallOutcome] = ()
    model_text: str | None = None

    @property
    def for_models(self) -> str:
        """The text that models get; empty: they are not told of it."""
        return self.content if self.model_text is None else self.model_text


@dataclass(frozen=True, slots=True)
class Conversation:
    """A titled sequence of messages that belongs to one user.

    ``provider`` and ``model`` are those preferred in it; None: those of the configuration.
    ``sampling`` are the parameters that are set for it.
    ``active_run_id`` is that of the run in progress, or waiting for a human; None: there is none.
    """

    id: str
    user_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int = 0
    last_message_preview: str = ""
    provider: str | None = None
    model: str | None = None
    active_run_id: str | None = None
    sampling: Sampling = DEFAULTS


def new_conversation(
    user_id: str,
    title: str,
    at: datetime,
    preferred: ModelPreference = _ANY_MODEL,
    sampling: Sampling = DEFAULTS,
) -> Conversation:
    """Return a new, empty conversation."""
    return Conversation(
        id=new_id(),
        user_id=user_id,
        title=shorten(title, TITLE_LENGTH),
        created_at=at,
        updated_at=at,
        provider=preferred.provider,
        model=preferred.model,
        sampling=sampling,
    )
