"""The use cases of conversations: create, list, search, change and delete them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domain.accounts.users import User
from domain.conversations.conversation import (
    TITLE_LENGTH,
    Conversation,
    Message,
    new_conversation,
)
from domain.conversations.model_preference import ModelChange, ModelPreference
from domain.conversations.ports import ChangedFields, Conversations
from domain.conversations.sampling import DEFAULTS, Sampling
from domain.shared.clock import Clock
from domain.shared.paging import Page
from domain.shared.text import shorten

WHOLE_LENGTH: Final = 1_000  # messages of a conversation that is read at once, the newest


class ConversationEdit(ModelChange, total=False):
    """A change of a conversation; an absent key changes nothing.

    ``sampling`` holds only the parameters to be changed, None for those to be unset; None in its
    place unsets all.
    """

    title: str
    sampling: Mapping[str, Any] | None


class ConversationService:
    """A user's conversations. ``require_configured`` raises for a provider that cannot be used."""

    def __init__(
        self,
        conversations: Conversations,
        clock: Clock,
        require_configured: Callable[[str], None],
    ) -> None:
        self._conversations = conversations
        self._clock = clock
        self._require_configured = require_configured

    async def create(
        self,
        user: User,
        title: str,
        preferred: ModelPreference,
        sampling: Sampling = DEFAULTS,
    ) -> Conversation:
        """Create an empty conversation, with a preferred model and sampling parameters if given.

        Raises:
            InvalidRequest: there is no such provider.
            Conflict: it is not configured.

        """
        self._check(preferred.provider)
        now = self._clock.now()
        made = new_conversation(user.id, title, now, preferred, sampling)
        await self._conversations.add(made)
        return made

    async def get(self, user: User, conversation_id: str) -> Conversation:
        """Return one of the user's conversations, with the id of its active run.

        Raises:
            NotFound: unknown, or another user's.

        """
        return await self._conversations.get(user.id, conversation_id)

    async def page(
        self,
        user: User,
        limit: int,
        cursor: str | None = None,
        text: str | None = None,
        *,
        offset: int = 0,
    ) -> Page[Conversation]:
        """Return conversations, the last changed first; with ``text`` those that contain its words.

        The first ``offset`` of them are left out.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        return await self._conversations.page(user.id, limit, cursor, text or None, offset=offset)

    async def whole(
        self, user: User, conversation_id: str
    ) -> tuple[Conversation, Sequence[Message]]:
        """Return one of the user's conversations with its messages, oldest first.

        They are the newest `WHOLE_LENGTH` where there are more.

        Raises:
            NotFound: unknown, or another user's.

        """
        conversation = await self._conversations.get(user.id, conversation_id)
        messages = self._conversations.messages
        page = await messages(user.id, conversation_id, WHOLE_LENGTH, cursor=None)
        return conversation, page.items

    async def change(
        self, user: User, conversation_id: str, change: ConversationEdit
    ) -> Conversation:
        """Rename a conversation, or change what holds in it from the next message on.

        Raises:
            NotFound: unknown, or another user's.
            InvalidRequest: there is no such provider.
            Conflict: it is not configured.

        """
        self._check(change.get("provider"))
        fields = ChangedFields()
        if "provider" in change:
            fields["provider"] = change["provider"]
        if "model" in change:
            fields["model"] = change["model"]
        if "title" in change:
            fields["title"] = shorten(change["title"], TITLE_LENGTH)
        needs_model = "provider" in change and "model" not in change
        if needs_model or "sampling" in change:
            before = await self._conversations.get(user.id, conversation_id)
            preferred = ModelPreference(before.provider, before.model)
            if needs_model:
                fields["model"] = preferred.changed({"provider": change["provider"]}).model
            if "sampling" in change:
                fields["sampling"] = before.sampling.changed(change["sampling"])
        return await self._conversations.change(user.id, conversation_id, self._clock.now(), fields)

    async def delete(self, user: User, conversation_id: str) -> None:
        """Delete a conversation, with its messages and runs.

        Raises:
            NotFound: unknown, or another user's.
            RunInProgress: a run is still active in it; ``details.run_id`` names it.

        """
        await self._conversations.delete(user.id, conversation_id)

    def _check(self, provider: str | None) -> None:
        if provider is not None:
            self._require_configured(provider)
