"""Rows put straight into the database: years of a user's life, in seconds."""

from typing import Final

import asyncpg

_CONVERSATIONS: Final = """
    INSERT INTO conversations
        (id, user_id, title, created_at, updated_at, message_count, last_message_preview)
    SELECT gen_random_uuid(), $1, 'Of the harbour, no. ' || n,
        now() - interval '1 year', now() - n * interval '1 second', $2, 'Ships come in.'
    FROM generate_series(1, $3::int) AS n
    RETURNING id::text
"""
_MESSAGES: Final = """
    INSERT INTO messages
        (id, conversation_id, number, role, content, created_at, tool_calls, results)
    SELECT gen_random_uuid(), conversation, n, CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
        repeat('The harbour lies calm, and ships come in at noon. ', 4),
        now() - ($2 - n) * interval '1 minute', '[]', '[]'
    FROM unnest($1::uuid[]) AS conversation, generate_series(1, $2::int) AS n
"""
_BULK_SECONDS: Final = 300.0


async def add_conversations(url: str, user_id: str, count: int, messages: int = 0) -> list[str]:
    """Give a user so many conversations of so many messages each; return their ids."""
    connection = await asyncpg.connect(url, command_timeout=_BULK_SECONDS)
    try:
        rows = await connection.fetch(_CONVERSATIONS, user_id, messages, count)
        ids: list[str] = [row["id"] for row in rows]
        if messages:
            await connection.execute(_MESSAGES, ids, messages)
    finally:
        await connection.close()
    return ids


async def settle(url: str) -> None:
    """Do now what the database would do later, when something else is measured."""
    connection = await asyncpg.connect(url, command_timeout=_BULK_SECONDS)
    try:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
