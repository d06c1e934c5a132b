"""The tool ``search_tools``: finds tools that the model was not shown."""

from typing import Annotated, Any

from pydantic import Field

from domain.shown_tools import SEARCH_TOOL
from domain.tools import Effect, ToolContext
from plugins.tool import tool


@tool(effect=Effect.READ, name=SEARCH_TOOL, category="tools")
async def search_tools(
    query: Annotated[str, Field(min_length=1, max_length=500)], *, context: ToolContext
) -> dict[str, Any]:
    """Find more tools: you are shown only some of them. You can call those that this finds.

    Args:
        query: what is to be done, in a few plain words.
        context: who may call what.

    """
    return {"tools": [dict(found) for found in await context.search_tools(query)]}
