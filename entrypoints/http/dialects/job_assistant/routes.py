"""Routes of the dialect: say something, and look at conversations."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field, RootModel
from quart import Blueprint, Response
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.accounts.users import User
from domain.conversations.conversation import Conversation, Message
from domain.runs.answer import RunAnswer
from domain.runs.states import RunStatus
from domain.shared.log_context import bind
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.encoding import consent_request, dump, time_text, tool_call, tool_result
from entrypoints.http.dialects.text_stream import text_stream
from entrypoints.http.fields import MESSAGE_LENGTH, Id, Limit, RequestBody, Timestamp, example
from entrypoints.http.idempotency import request_key, takes_key
from entrypoints.http.openapi.document import can_fail, responds_with
from entrypoints.http.openapi.events import ConsentRequest
from entrypoints.http.routes.chat import ToolCall, ToolResult
from entrypoints.http.security.guard import caller
from entrypoints.http.streaming.sse import failure
from entrypoints.wiring.services import services

blueprint = Blueprint("job_assistant", __name__, url_prefix="/api/chat")

Offset = Annotated[int, Field(ge=0, le=2**31 - 1, description="How many to leave out.")]


class MessageRequest(RequestBody):
    """A message to the agent."""

    model_config = example({"message": "Find me Python jobs in San Francisco"})

    message: str = Field(min_length=1, max_length=MESSAGE_LENGTH, description="What to say.")
    conversation_id: Id | None = Field(
        None, description="The conversation to go on with. Without one a new one begins."
    )
    stream: bool = Field(default=False, description="Answer as server-sent events of text.")


class MessageAnswer(BaseModel):
    """The agent's answer, as far as it came before a human must answer."""

    conversation_id: Id
    message_id: Id
    content: str
    timestamp: Timestamp
    tool_calls: list[ToolCall]
    results: list[ToolResult]
    requires_consent: ConsentRequest | None = Field(
        description="What the run waits for; answer with `POST /api/chat/consent`."
    )


class TextStream(RootModel[Any]):
    """Server-sent events of bare text, the last one `[DONE]`.

    Line breaks are several `data` lines. An event `error` holds an error in the answer's middle;
    no `[DONE]` comes then.
    """

    media_types: ClassVar = ("text/event-stream",)


@blueprint.post("/message")
@tag(["job assistant"])
@validate_request(MessageRequest)
@document_response(MessageAnswer)
@responds_with(TextStream)
@can_fail(403, 404, 409, 502, 504)
@takes_key
async def message(data: MessageRequest) -> Response:
    """Send a message, and get the answer as one object, or with `stream` as text.

    A run that has to wait for a human ends the answer early; it goes on once
    `POST /api/chat/consent` has the answer, and the conversation then has the rest.
    """
    chat, user, key = services().chat, caller(), await request_key()
    started = await chat.send(user, data.message, data.conversation_id, key)
    bind(run=started.run_id)
    reader = await chat.follow(
        user, started.run_id, whole=not data.stream, is_first=key is not None
    )
    if data.stream:
        return await text_stream(reader)
    answer = await reader.answer()
    if answer.problem is not None:
        return failure(answer.problem, answer.place)
    return Response(dump(await _message_answer(user, answer)), content_type="application/json")


async def _message_answer(user: User, answer: RunAnswer) -> dict[str, Any]:
    record = await services().run_lookup.get(user, answer.run_id)
    is_waiting = answer.status is RunStatus.WAITING_CONSENT
    at = record.created_at if is_waiting else record.finished_at or record.created_at
    requests = [consent_request(each) for each in answer.consents]
    return {
        "conversation_id": answer.conversation_id,
        "message_id": answer.message_id,
        "content": answer.text,
        "timestamp": time_text(at),
        "tool_calls": [tool_call(call) for call in answer.calls],
        "results": [tool_result(call) for call in answer.calls if call.is_settled],
        "requires_consent": requests[0] if requests else None,
    }


class OffsetQuery(BaseModel):
    """Page of the list of conversations."""

    limit: Limit = DEFAULT_LIMIT
    offset: Offset = 0


class ConversationPreview(BaseModel):
    """A conversation in the list."""

    id: Id
    title: str
    created_at: Timestamp
    updated_at: Timestamp
    message_count: int
    last_message_preview: str


class ConversationPreviews(RootModel[list[ConversationPreview]]):
    """Some conversations, the last changed first."""


@blueprint.get("/conversations")
@tag(["job assistant"])
@validate_querystring(OffsetQuery)
@document_response(ConversationPreviews)
async def previews(query_args: OffsetQuery) -> Response:
    """List your conversations, the last changed first, each with how its last message begins."""
    query = query_args
    page = await services().conversations.page(caller(), query.limit, offset=query.offset)
    shown = [
        _head(each)
        | {
            "message_count": each.message_count,
            "last_message_preview": each.last_message_preview,
        }
        for each in page.items
    ]
    return Response(dump(shown), content_type="application/json")


class PlainMessage(BaseModel):
    """One thing said, and the tools that were called for it."""

    id: Id
    role: Literal["user", "assistant"]
    content: str
    timestamp: Timestamp
    tool_calls: list[ToolCall]
    results: list[ToolResult]


class ConversationDetail(BaseModel):
    """A conversation with its messages, oldest first: the newest 1,000 where there are more."""

    id: Id
    title: str
    created_at: Timestamp
    updated_at: Timestamp
    messages: list[PlainMessage]


@blueprint.get("/conversations/<conversation_id>")
@tag(["job assistant"])
@document_response(ConversationDetail)
async def whole(conversation_id: str) -> dict[str, Any]:
    """Look at a conversation with its messages."""
    conversation, messages = await services().conversations.whole(caller(), conversation_id)
    return _head(conversation) | {"messages": [_message(each) for each in messages]}


def _head(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "created_at": time_text(conversation.created_at),
        "updated_at": time_text(conversation.updated_at),
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "role": message.role,
        "content": message.content,
        "timestamp": time_text(message.created_at),
        "tool_calls": [tool_call(call) for call in message.tool_calls],
        "results": [tool_result(outcome) for outcome in message.results],
    }
