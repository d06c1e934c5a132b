"""Routes of chat: send a message, and get, follow or cancel its run."""

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

from domain.runs.reader import OnDisconnect
from domain.shared.log_context import bind
from entrypoints.encoding import dump
from entrypoints.http.fields import (
    MESSAGE_LENGTH,
    AgentName,
    Id,
    ModelName,
    ProviderName,
    RequestBody,
    example,
)
from entrypoints.http.idempotency import request_key, takes_key
from entrypoints.http.openapi.document import (
    EventStream,
    can_answer_nothing,
    can_fail,
    responds_with,
)
from entrypoints.http.openapi.events import ConsentRequest, TokenUsage
from entrypoints.http.routes.run_views import RunView, run_view
from entrypoints.http.sampling import SamplingBody, read_sampling
from entrypoints.http.security.guard import caller
from entrypoints.http.security.tickets import takes_ticket
from entrypoints.http.streaming.sse import chat_answer, event_stream, failure
from entrypoints.wiring.services import services

blueprint = Blueprint("chat", __name__, url_prefix="/api")


class ChatRequest(RequestBody):
    """A message to the agent."""

    model_config = example({"message": "What is 17 * 23?"})

    message: str = Field(min_length=1, max_length=MESSAGE_LENGTH, description="What to say.")
    conversation_id: Id | None = Field(
        None, description="The conversation to go on with. Without one a new one begins."
    )
    provider: ProviderName | None = Field(
        None,
        description="Who answers this message. Not set: the one that the conversation prefers, "
        "else the configured one.",
    )
    model: ModelName | None = Field(
        None, description="The provider's model for this message. Not set: as for `provider`."
    )
    agent: AgentName | None = Field(
        None,
        description="Which agent answers this message, as `GET /api/agents` names it. Not set: "
        "the general one.",
    )
    sampling: SamplingBody | None = Field(None, description="How the model is to answer.")
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
    """The result of a tool call: `result`, or `error`."""

    id: str
    tool: str
    result: Any = None
    error: dict[str, Any] | None = None


class ChatAnswer(BaseModel):
    """The agent's answer, as far as it came before a human must answer."""

    conversation_id: Id
    run_id: Id
    message_id: Id
    message: str
    status: Literal["completed", "cancelled", "waiting_consent"]
    tool_calls: list[ToolCall]
    results: list[ToolResult]
    requires_consent: ConsentRequest | None = Field(
        description="With `waiting_consent`: the first of `consent_requests`."
    )
    consent_requests: list[ConsentRequest] = Field(description="All that the run waits for.")
    usage: TokenUsage
    warnings: list[str] = Field(description="The sampling parameters that had no effect.")


@blueprint.post("/chat")
@tag(["chat"])
@validate_request(ChatRequest)
@document_response(ChatAnswer)
@responds_with(EventStream)
@can_fail(403, 404, 409, 502, 504)
@takes_key
async def send(data: ChatRequest) -> Response:
    """Send a message.

    With `stream` the answer is the run's event stream, else one JSON object when the run ends. Both
    end early, with the status `waiting_consent`, when the run has to wait for a human: answer with
    `POST /api/chat/consent`, and follow the run's events from there.
    """
    chat, user, key = services().chat, caller(), await request_key()
    started = await chat.send(
        user,
        data.message,
        data.conversation_id,
        key,
        provider=data.provider,
        model=data.model,
        agent=data.agent,
        sampling=read_sampling(data.sampling),
    )
    bind(run=started.run_id)
    reader = await chat.follow(
        user,
        started.run_id,
        whole=not data.stream,
        is_first=key is not None,
        on_disconnect=OnDisconnect(data.on_disconnect),
    )
    if data.stream:
        return event_stream(reader)
    answer = await reader.answer()
    if answer.problem is not None:
        return failure(answer.problem, answer.place)
    return Response(dump(chat_answer(answer)), content_type="application/json")


@blueprint.get("/runs/<run_id>")
@tag(["runs"])
@document_response(RunView)
async def get(run_id: str) -> dict[str, Any]:
    """Look at a run: how it stands, and what came of it so far."""
    lookup = services().run_lookup
    record = await lookup.get(caller(), run_id)
    return run_view(record, await lookup.outcome(record))


class EventsQuery(BaseModel):
    """The position to resume the stream at."""

    after: str | None = Field(
        None, description="The cursor of the last event received; the header Last-Event-ID too."
    )


class EventsHeaders(BaseModel):
    """The position to resume the stream at, as browsers send it."""

    last_event_id: str | None = Field(
        None, description="The same as `after`; it wins, being the newer one of an `EventSource`."
    )


@blueprint.get("/runs/<run_id>/events")
@tag(["runs"])
@validate_querystring(EventsQuery)
@document_headers(EventsHeaders)
@responds_with(EventStream)
@can_answer_nothing
@can_fail(410)
@takes_ticket
async def events(run_id: str, query_args: EventsQuery) -> Response:
    """Follow a run from its start, or from a cursor on; while it runs and long after.

    Once its events have been deleted, being old (`PUERTO_RETENTION_EVENTS_DAYS`), the answer is
    410; `GET /api/runs/{run_id}` has the outcome.

    The stream of a run that waits for a human ends with `done` and the status `waiting_consent`.
    Whoever comes back after the last event of all is told so with 204, at which an `EventSource`
    stops coming back.
    """
    after = request.headers.get("Last-Event-ID") or query_args.after
    reader = await services().chat.follow(caller(), run_id, after)
    return Response(status=204) if await reader.is_over() else event_stream(reader)


@blueprint.post("/runs/<run_id>/cancel")
@tag(["runs"])
@document_response(RunView)
async def cancel(run_id: str) -> dict[str, Any]:
    """Stop a run. A run that has ended stays as it is, and its status says so.

    `effects` names the calls that had changed the world by now, or may have; the run's `done` has
    the final list.
    """
    all_services = services()
    record = await all_services.chat.cancel(caller(), run_id)
    return run_view(record, await all_services.run_lookup.outcome(record))
