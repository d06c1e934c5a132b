"""The tools: what there is, and calling one without the agent."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.tools import Tool, ToolSpec
from entrypoints.http.guard import caller
from entrypoints.http.models import RequestBody
from entrypoints.http.openapi import can_fail
from entrypoints.services import services

blueprint = Blueprint("tools", __name__, url_prefix="/api/tools")


class ToolView(BaseModel):
    """What is known of a tool without calling it."""

    name: str
    description: str
    category: str
    parameters: dict[str, Any] = Field(description="JSON Schema of the arguments, an object.")
    effect: Literal["read", "write", "destructive"]
    enabled: bool
    plugin: str


class ToolList(BaseModel):
    """The tools at hand."""

    tools: list[ToolView]


class ToolsQuery(BaseModel):
    """Which tools."""

    q: str | None = Field(
        None,
        max_length=500,
        description="A task in words: only tools that share a word with it, the most first.",
    )


def tool_view(spec: ToolSpec) -> dict[str, Any]:
    """Return a tool as clients see it."""
    return {
        "name": spec.name,
        "description": spec.description,
        "category": spec.category,
        "parameters": spec.parameters,
        "effect": spec.effect,
        "enabled": True,
        "plugin": spec.plugin,
    }


def ranked(tools: Sequence[Tool], task: str) -> list[ToolSpec]:
    """Return the tools whose name or description hold words of the task, the most first.

    A word in the name counts twice. Equals keep their order; an empty task keeps all.
    """
    words = set(task.lower().split())
    scored = [(_score(tool.spec, words), tool.spec) for tool in tools]
    fitting = [(score, spec) for score, spec in scored if score or not words]
    return [spec for _, spec in sorted(fitting, key=lambda found: -found[0])]


def _score(spec: ToolSpec, words: set[str]) -> int:
    name, description = spec.name.lower(), spec.description.lower()
    return sum(2 * (word in name) + (word in description) for word in words)


@blueprint.get("")
@tag(["tools"])
@validate_querystring(ToolsQuery)
@document_response(ToolList)
async def find(query_args: ToolsQuery) -> dict[str, Any]:
    """List the tools."""
    specs = ranked(services().toolbox.tools(), query_args.q or "")
    return {"tools": [tool_view(spec) for spec in specs]}


class ExecuteRequest(RequestBody):
    """A tool to call, such as `{"tool": "calculator", "parameters": {"expression": "17 * 23"}}`."""

    tool: str = Field(min_length=1, max_length=200)
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Its arguments, as its schema has them."
    )


class Executed(BaseModel):
    """What came of the call."""

    tool: str
    result: Any = Field(description="Any JSON value.")
    duration_ms: float


@blueprint.post("/execute")
@tag(["tools"])
@validate_request(ExecuteRequest)
@document_response(Executed)
@can_fail(403, 404, 502, 504)
async def execute(data: ExecuteRequest) -> dict[str, Any]:
    """Call a tool.

    The arguments are checked against its schema first. A call that the autonomy level does not
    allow unasked is refused with 403.
    """
    done = await services().direct_calls.execute(caller(), data.tool, data.parameters)
    return {"tool": done.tool, "result": done.result, "duration_ms": done.duration_ms}
