"""The repository of conversations and their messages."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import known_id, storable
from adapters.persistence.engine.database import ROW_LOCK, Database
from adapters.persistence.engine.statements import AtomicWrite, Write, perform
from adapters.persistence.engine.text_folding import FOLDED, folded
from adapters.persistence.rows import to_conversation, to_message
from adapters.persistence.sampling import write_sampling
from adapters.persistence.usage.settling import FORGET_CONVERSATION
from adapters.persistence.webhooks.outbox import outbox_write, written
from domain.conversations.conversation import Conversation, Message
from domain.conversations.ports import ChangedFields, Conversations
from domain.notifications.notices import Notice, NoticeType
from domain.shared.errors import NotFound, run_in_progress
from domain.shared.list_cursors import (
    keyset_page,
    read_number,
    read_place,
    write_number,
)
from domain.shared.paging import Page

_ADD: Final = """
    INSERT INTO conversations
        (id, user_id, title, created_at, updated_at, message_count, last_message_preview,
         provider, model, sampling)
    VALUES ($1, $2, $3, $4, $5, 0, '', $6, $7, $8) RETURNING id
"""
_ALL: Final = "*, (SELECT id FROM runs WHERE active_in = conversations.id) AS active_run_id"
_GET: Final = f"SELECT {_ALL} FROM conversations WHERE id = $1 AND user_id = $2"  # noqa: S608
_PAGE: Final = f"SELECT {_ALL} FROM conversations WHERE user_id = $1"  # noqa: S608
_AFTER: Final = " AND (updated_at, id) < ($3, $4)"
_HOLDING: Final = """
    AND ({title} OR EXISTS (
        SELECT 1 FROM messages WHERE conversation_id = conversations.id AND {content}))
"""
_ORDER: Final = " ORDER BY updated_at DESC, id DESC LIMIT $2"
_CHANGE: Final = """
    UPDATE conversations SET updated_at = $3{settings} WHERE id = $1 AND user_id = $2
    RETURNING {columns}
"""
_FIND: Final = "SELECT id FROM conversations WHERE id = $1 AND user_id = $2"
_ACTIVE: Final = "SELECT id FROM runs WHERE active_in = $1"
_DELETE: Final = "DELETE FROM conversations WHERE id = $1 RETURNING id"
_MESSAGES: Final = """
    SELECT messages.* FROM messages
    JOIN conversations ON conversations.id = messages.conversation_id
    WHERE messages.conversation_id = $1 AND conversations.user_id = $2 AND number < $3
    ORDER BY number DESC LIMIT $4
"""
_SEARCH: Final = """
    SELECT messages.* FROM messages
    JOIN conversations ON conversations.id = messages.conversation_id
    WHERE conversations.user_id = $1 AND messages.id <> $3 AND {holding}
    ORDER BY messages.created_at DESC, messages.id DESC LIMIT $2
"""
_NO_MESSAGE: Final = "00000000-0000-0000-0000-000000000000"
_WORDS: Final = 20  # of a search; further ones are ignored
_BEYOND: Final = 2**31 - 1


class TortoiseConversations(Conversations):
    """The repository of conversations.

    Searches ignore case and accents: on PostgreSQL the case rules are those of the database's
    locale.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._add = AtomicWrite(
            (
                Write("added", _ADD, "SELECT id FROM conversations WHERE id = $1"),
                outbox_write(database.engine, 9, after="added"),
            ),
            "SELECT id FROM added",
        )

    @override
    async def add(self, conversation: Conversation) -> None:
        data = {"conversation_id": conversation.id, "user_id": conversation.user_id}
        notice = Notice(NoticeType.CONVERSATION_CREATED, conversation.created_at, data)
        await perform(
            self._database,
            self._add,
            conversation.id,
            conversation.user_id,
            storable(conversation.title),
            conversation.created_at,
            conversation.updated_at,
            _storable(conversation.provider),
            _storable(conversation.model),
            write_sampling(conversation.sampling),
            written([notice]),
        )

    @override
    async def get(self, user_id: str, conversation_id: str) -> Conversation:
        valid_id = known_id(conversation_id, "conversation")
        rows = await self._database.fetch(_GET, valid_id, user_id)
        if not rows:
            raise _unknown()
        return to_conversation(rows[0])

    @override
    async def page(
        self,
        user_id: str,
        limit: int,
        cursor: str | None,
        text: str | None = None,
        *,
        offset: int = 0,
    ) -> Page[Conversation]:
        sql = _PAGE
        values: list[Any] = [user_id, limit + 1]
        if cursor is not None:
            sql += _AFTER
            values += read_place("conversations", cursor)
        if text is not None:
            words = _patterns(text)
            first = len(values) + 1
            sql += _HOLDING.format(
                title=self._holds("title", first, words),
                content=self._holds("content", first, words),
            )
            values += words
        sql += _ORDER
        if offset:
            values.append(offset)
            sql += f" OFFSET ${len(values)}"
        rows = await self._database.fetch(sql, *values)
        return keyset_page(
            "conversations", rows, limit, to_conversation, lambda each: (each.updated_at, each.id)
        )

    @override
    async def change(
        self, user_id: str, conversation_id: str, at: datetime, changes: ChangedFields
    ) -> Conversation:
        valid_id = known_id(conversation_id, "conversation")
        columns = dict(_columns(changes))
        settings = "".join(f", {column} = ${n}" for n, column in enumerate(columns, 4))
        values = columns.values()
        sql = _CHANGE.format(settings=settings, columns=_ALL)
        rows = await self._database.fetch(sql, valid_id, user_id, at, *values)
        if not rows:
            raise _unknown()
        return to_conversation(rows[0])

    @override
    async def delete(self, user_id: str, conversation_id: str) -> None:
        valid_id = known_id(conversation_id, "conversation")

        async def work() -> None:
            # Starting a run changes the conversation's row, so with this lock it waits.
            find = _FIND + ROW_LOCK[self._database.engine]
            if not await self._database.fetch(find, valid_id, user_id):
                raise _unknown()
            if active := await self._database.fetch(_ACTIVE, valid_id):
                raise run_in_progress(valid_id, str(active[0]["id"]))
            for statement in FORGET_CONVERSATION:
                await self._database.fetch(statement, valid_id)
            await self._database.fetch(_DELETE, valid_id)

        await self._database.unit_of_work.run(work)

    @override
    async def messages(
        self, user_id: str, conversation_id: str, limit: int, cursor: str | None
    ) -> Page[Message]:
        valid_id = known_id(conversation_id, "conversation")
        before = _BEYOND if cursor is None else read_number("messages", cursor)
        rows = await self._database.fetch(_MESSAGES, valid_id, user_id, before, limit + 1)
        if not rows:
            await self.get(user_id, valid_id)
        page = [to_message(row) for row in reversed(rows[:limit])]
        if len(rows) <= limit:
            return Page(page)
        return Page(page, write_number("messages", rows[limit - 1]["number"]))

    @override
    async def search(
        self, user_id: str, text: str, limit: int, leaving_out: str = ""
    ) -> Sequence[Message]:
        words = _patterns(text)
        sql = _SEARCH.format(holding=self._holds("messages.content", 4, words))
        rows = await self._database.fetch(sql, user_id, limit, leaving_out or _NO_MESSAGE, *words)
        return [to_message(row) for row in rows]

    def _holds(self, column: str, first: int, words: Sequence[str]) -> str:
        """Return the SQL condition that a column contains the words, bound from ``$first`` on."""
        text = FOLDED[self._database.engine].format(column=column)
        conditions = [f"{text} LIKE ${first + at} ESCAPE '!'" for at in range(len(words))]
        return f"({' AND '.join(conditions)})"


def _columns(changes: ChangedFields) -> Iterator[tuple[str, str | None]]:
    if "title" in changes:
        yield "title", storable(changes["title"])
    if "provider" in changes:
        yield "provider", _storable(changes["provider"])
    if "model" in changes:
        yield "model", _storable(changes["model"])
    if "sampling" in changes:
        yield "sampling", write_sampling(changes["sampling"])


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _patterns(text: str) -> list[str]:
    """Return a ``LIKE`` pattern for each word of a text."""
    words = (folded(storable(text)) or "").split()[:_WORDS] or [""]
    literal = [word.replace("!", "!!").replace("%", "!%").replace("_", "!_") for word in words]
    return [f"%{word}%" for word in literal]


def _unknown() -> NotFound:
    return NotFound("There is no such conversation.")
