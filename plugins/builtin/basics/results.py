"""The tool ``read_result``: further pages of a long tool result."""

from typing import Annotated, Any

from pydantic import Field

from domain.tools.result_pages import READ_TOOL
from domain.tools.tool import Effect
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool


@tool(effect=Effect.READ, name=READ_TOOL, category="conversations")
async def read_result(
    call_id: str,
    page: Annotated[int, Field(ge=1)],
    *,
    context: ToolContext,
) -> dict[str, Any]:
    """Read on in the long result of an earlier tool call, of which you saw the first page only.

    Args:
        call_id: the id of that call, as its result names it.
        page: which page to read, from 2 on.
        context: whose call it was.

    """
    return (await context.read_result(call_id, page)).to_json()
