"""Say something to the agent, and follow, stop or look at what comes of it."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import (
    document_headers,
    document_response,
    tag,
    validate_querystring,
    validate_request,
)

from domain.cursors import Cursor, read_cursor
from domain.ports.runs import RunRecord
from domain.runs import RunStatus
from entrypoints.encoding import dump, time_text
from entrypoints.http.guard import caller
from entrypoints.http.models import Id, RequestBody, Timestamp
from entrypoints.http.openapi import EventStream, can_fail, responds_with
from entrypoints.http.streams import answer, collect, event_stream, failure
from entrypoints.services import services

blueprint = Blueprint("chat", __name__, url_prefix="/api")


class ChatRequest(RequestBody):
    """A message to the agent."""

    message: str = Field(
        min_length=1, max_length=100_000, description="What to say.", examples=["What is 17 * 23?"]
    )
    conversation_id: Id | None = Field(
        None, description="The conversation to go on with. Without one a new one begins."
    )
    stream: bool = Field(default=False, description="Answer as server-sent events.")
    on_disconnect: Literal["continue", "cancel"] = Field(
        "continue", description="What becomes of the run when the client leaves the stream."
    )


class ToolCall(BaseModel):
    """A tool call that the model asked for."""

    id: str
    tool: str
    params: dict[str, Any]


class ToolResult(BaseModel):
    """What came of a tool call: `result`, or `error`."""

    id: str
    tool: str
    result: Any = None
    error: dict[str, Any] | None = None


class Usage(BaseModel):
    """Tokens."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class ChatAnswer(BaseModel):
    """The agent's answer."""

    conversation_id: Id
    run_id: Id
    message_id: Id
    message: str
    status: Literal["completed", "cancelled"]
    tool_calls: list[ToolCall]
    results: list[ToolResult]
    requires_consent: dict[str, Any] | None
    usage: Usage


@blueprint.post("/chat")
@tag(["chat"])
@validate_request(ChatRequest)
@document_response(ChatAnswer)
@responds_with(EventStream)
@can_fail(404, 409, 502, 504)
async def send(data: ChatRequest) -> Response:
    """Send a message.

    With `stream` the answer is the run's event stream, else one JSON object when the run ends.
    """
    chat, user = services().chat, caller()
    started = await chat.send(user, data.message, data.conversation_id)
    batches = chat.follow(started.run_id)

    async def leave() -> None:
        await chat.abandon(user, started.run_id)

    on_leave = leave if data.on_disconnect == "cancel" else None
    if data.stream:
        return event_stream(started.run_id, batches, on_leave)
    run = await collect(started.run_id, batches, on_leave)
    if run.status is RunStatus.FAILED and run.problem is not None:
        return failure(run, run.problem)
    return Response(dump(answer(run)), content_type="application/json")


class RunView(BaseModel):
    """Where a run stands."""

    id: Id
    conversation_id: Id
    message_id: Id
    status: RunStatus
    created_at: Timestamp
    finished_at: Timestamp | None


def run_view(record: RunRecord) -> dict[str, Any]:
    """Return a run as clients see it."""
    return {
        "id": record.id,
        "conversation_id": record.conversation_id,
        "message_id": record.message_id,
        "status": record.status,
        "created_at": time_text(record.created_at),
        "finished_at": time_text(record.finished_at) if record.finished_at else None,
    }


@blueprint.get("/runs/<run_id>")
@tag(["runs"])
@document_response(RunView)
async def get(run_id: str) -> dict[str, Any]:
    """Look at a run."""
    return run_view(await services().chat.get(caller(), run_id))


class EventsQuery(BaseModel):
    """Where to go on."""

    after: str | None = Field(
        None, description="The cursor of the last event received; the header Last-Event-ID too."
    )


class EventsHeaders(BaseModel):
    """Where to go on, as browsers say it."""

    last_event_id: str | None = Field(None, description="The same as `after`, which wins.")


@blueprint.get("/runs/<run_id>/events")
@tag(["runs"])
@validate_querystring(EventsQuery)
@document_headers(EventsHeaders)
@responds_with(EventStream)
async def events(run_id: str, query_args: EventsQuery) -> Response:
    """Follow a run from its start, or from a cursor on; while it runs and long after."""
    record = await services().chat.get(caller(), run_id)
    text = query_args.after or request.headers.get("Last-Event-ID")
    after: Cursor | None = read_cursor(record.id, text) if text else None
    return event_stream(record.id, services().chat.follow(record.id, after))


@blueprint.post("/runs/<run_id>/cancel")
@tag(["runs"])
@document_response(RunView)
async def cancel(run_id: str) -> dict[str, Any]:
    """Stop a run. A run that has ended stays as it is, and its status says so."""
    return run_view(await services().chat.cancel(caller(), run_id))
