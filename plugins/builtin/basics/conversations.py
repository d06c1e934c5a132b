"""The tool ``search_conversations``: full-text search in the user's earlier messages."""

from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from domain.shared.text import shorten
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool

_CONTENT_LENGTH: Final = 300


@tool(effect=Effect.READ, category="conversations")
async def search_conversations(
    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)],
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    *,
    context: ToolContext,
) -> list[dict[str, Any]]:
    """Find messages in the user's own earlier conversations, newest first.

    Args:
        query: words that the messages contain.
        limit: how many messages to return at most.
        context: who asks, and how to search for them.

    """
    return [
        {
            "conversation_id": message.conversation_id,
            "role": message.role,
            "content": shorten(message.content, _CONTENT_LENGTH),
            "timestamp": message.created_at,
        }
        for message in await context.search_conversations(query, limit)
    ]
