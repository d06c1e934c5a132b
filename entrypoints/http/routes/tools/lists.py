"""Pagination of the list of tools: all by name (keyset), or those for a task by rank (offset)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from domain.accounts.users import User
from domain.plugins.administration import ListedTool
from domain.shared.list_cursors import not_a_cursor, read_number, write_number
from domain.shared.paging import DEFAULT_LIMIT
from domain.tools.schema_text import decoded
from entrypoints.http.fields import Limit, NextCursor
from entrypoints.wiring.services import services

_BY_NAME, _BY_RANK = "t", "q"
_MOST_FITTING: Final = 200  # tools that a task finds, whatever the page
ToolCursor = Annotated[
    str,
    Field(
        description="Where to go on: `next_cursor` of the page before, as it came, with the same "
        "`q`.",
        json_schema_extra={"pattern": "^(t([0-9a-f]{2}){1,256}|q[1-9a-f][0-9a-f]?)$"},
    ),
]


class ToolView(BaseModel):
    """A tool: its name, description, schema and effect."""

    name: str
    title: str = Field(description="Its name for people; empty if it has none.")
    description: str
    category: str
    parameters: dict[str, Any] = Field(description="JSON Schema of the arguments, an object.")
    effect: Literal["read", "write", "destructive"]
    enabled: bool
    reason: str = Field(description="Why it is off, where nobody switched it off.")
    plugin: str


class ToolDetails(ToolView):
    """A tool, with what its results look like."""

    output_schema: dict[str, Any] | None = Field(
        description="JSON Schema of its results; null where nothing is said of them."
    )


class ToolList(BaseModel):
    """Some of the tools at hand."""

    tools: list[ToolView]
    next_cursor: NextCursor


class ToolsQuery(BaseModel):
    """Filter and page of the list of tools."""

    q: str | None = Field(
        None,
        max_length=500,
        description="A task in words: the tools that have to do with it, the best first, "
        "200 at most.",
    )
    limit: Limit = DEFAULT_LIMIT
    cursor: ToolCursor | None = None

    @property
    def task(self) -> str:
        """The task, empty if there is none."""
        return (self.q or "").strip()


async def tools_page(user: User, query: ToolsQuery) -> dict[str, Any]:
    """Return a page of the tools; with a task only those that are on.

    Raises:
        InvalidRequest: the cursor is not one of this list.

    """
    return await (_ranked(user, query) if query.task else _listed(user, query))


async def _ranked(user: User, query: ToolsQuery) -> dict[str, Any]:
    first = _read_rank(query.cursor)
    last = first + query.limit
    found = await services().tools.fitting(user, query.task, _MOST_FITTING)
    return {
        "tools": [tool_view(tool) for tool in found[first:last]],
        "next_cursor": write_number(_BY_RANK, last) if len(found) > last else None,
    }


async def _listed(user: User, query: ToolsQuery) -> dict[str, Any]:
    found = await services().tools.listed(user, _read_name(query.cursor), query.limit + 1)
    page = found[: query.limit]
    is_last = len(found) == len(page)
    return {
        "tools": [tool_view(tool) for tool in page],
        "next_cursor": None if is_last else _BY_NAME + page[-1].spec.name.encode().hex(),
    }


def tool_view(tool: ListedTool) -> dict[str, Any]:
    """Encode a tool."""
    spec = tool.spec
    return {
        "name": spec.name,
        "title": spec.title,
        "description": spec.description,
        "category": spec.category,
        "parameters": decoded(spec.parameters),
        "effect": spec.effect,
        "enabled": tool.is_on,
        "reason": tool.reason,
        "plugin": spec.plugin,
    }


def tool_details(tool: ListedTool) -> dict[str, Any]:
    """Encode a tool with the schema of its results."""
    return tool_view(tool) | {"output_schema": tool.spec.output_schema}


def _read_name(cursor: str | None) -> str:
    if cursor is None:
        return ""
    try:
        name = bytes.fromhex(cursor.removeprefix(_BY_NAME)).decode()
    except ValueError:
        name = ""
    if not name or not cursor.startswith(_BY_NAME):
        raise not_a_cursor()
    return name


def _read_rank(cursor: str | None) -> int:
    if cursor is None:
        return 0
    rank = read_number(_BY_RANK, cursor)
    if rank >= _MOST_FITTING:
        raise not_a_cursor()
    return rank
