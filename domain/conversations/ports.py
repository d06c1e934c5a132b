"""The port to the stored conversations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.conversations.conversation import Conversation, Message
from domain.shared.paging import Page


class Conversations(Protocol):
    """Conversations by owner. An id that is unknown, another user's, or no id: `NotFound`."""

    async def add(self, conversation: Conversation) -> None:
        """Keep a new, empty conversation."""
        ...

    async def get(self, user_id: str, conversation_id: str) -> Conversation:
        """Return one conversation.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def page(
        self, user_id: str, limit: int, cursor: str | None, text: str | None = None
    ) -> Page[Conversation]:
        """Return conversations, the last changed first.

        With ``text`` only those whose title, or one of whose messages, holds all its words, in
        any case and with any accents.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def change(
        self, user_id: str, conversation_id: str, at: datetime, changes: Mapping[str, str | None]
    ) -> Conversation:
        """Change ``title``, ``provider`` or ``model``, whichever are given, and return it.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def delete(self, user_id: str, conversation_id: str) -> None:
        """Forget the conversation, its messages, runs and events.

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
        """Return messages of this user that hold all words of the text, newest first.

        Words are compared in any case and with any accents; the message with the id
        ``leaving_out`` is left out.
        """
        ...
