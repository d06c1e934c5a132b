"""The port to the stored conversations and messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypedDict

from domain.conversations.conversation import Conversation, Message
from domain.conversations.sampling import Sampling
from domain.shared.paging import Page


class ChangedFields(TypedDict, total=False):
    """The new values of a conversation's fields; an absent one stays."""

    title: str
    provider: str | None
    model: str | None
    sampling: Sampling


class Conversations(Protocol):
    """The repository of conversations; unknown, malformed and other users' ids: `NotFound`."""

    async def add(self, conversation: Conversation) -> None:
        """Store a new, empty conversation."""
        ...

    async def get(self, user_id: str, conversation_id: str) -> Conversation:
        """Return one conversation.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def page(
        self,
        user_id: str,
        limit: int,
        cursor: str | None,
        text: str | None = None,
        *,
        offset: int = 0,
    ) -> Page[Conversation]:
        """Return conversations, the most recently changed first, without the first ``offset``.

        With ``text`` only those whose title, or one of whose messages, contains all its words;
        case and accents are ignored.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def change(
        self, user_id: str, conversation_id: str, at: datetime, changes: ChangedFields
    ) -> Conversation:
        """Change the fields that are given; return the result.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def delete(self, user_id: str, conversation_id: str) -> None:
        """Delete the conversation with its messages, runs and events.

        Raises:
            NotFound: there is none for this user.
            RunInProgress: a run is still active in it; ``details.run_id`` names it.

        """
        ...

    async def messages(
        self, user_id: str, conversation_id: str, limit: int, cursor: str | None
    ) -> Page[Message]:
        """Return messages, oldest first; without a cursor the page that ends with the newest.

        ``next_cursor`` leads to the page before it, of older messages.

        Raises:
            NotFound: there is no such conversation for this user.
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def search(
        self, user_id: str, text: str, limit: int, leaving_out: str = ""
    ) -> Sequence[Message]:
        """Return messages of this user that contain all words of the text, newest first.

        Case and accents are ignored; the message with the id ``leaving_out`` is excluded.
        """
        ...
