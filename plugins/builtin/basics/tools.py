"""The tools ``search_tools`` and ``read_schema``: find tools, and read a tool's whole schema."""

from typing import Annotated, Any

from pydantic import Field

from domain.execution.tool_selection import SCHEMA_TOOL, SEARCH_TOOL
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool


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


@tool(effect=Effect.READ, name=SCHEMA_TOOL, category="tools")
async def read_schema(
    tool_name: Annotated[str, Field(min_length=1, max_length=64)],
    place: Annotated[str, Field(max_length=500)] = "",
    *,
    context: ToolContext,
) -> dict[str, Any]:
    """See what a tool takes whose arguments are not all shown to you, as JSON Schema.

    Args:
        tool_name: the tool.
        place: which of its arguments, and what in it: `body.customer.address`; all, if empty.
        context: who may call what.

    """
    return dict(await context.read_schema(tool_name, place))
