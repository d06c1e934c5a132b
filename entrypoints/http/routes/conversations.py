"""Routes of conversations: list, create, get, change, delete."""

from typing import Any, Final, Literal, cast

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.conversations.conversation import TITLE_LENGTH, Conversation, Message
from domain.conversations.model_preference import ModelPreference
from domain.conversations.service import ConversationEdit as Change
from domain.runs.ports import RunRecord
from domain.shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from entrypoints.encoding import time_text, tool_call, tool_result
from entrypoints.http.fields import (
    ConversationCursor,
    Id,
    Limit,
    MessageCursor,
    ModelName,
    NextCursor,
    ProviderName,
    RequestBody,
    Timestamp,
    example,
)
from entrypoints.http.idempotency import idempotent
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.openapi.events import Problem, TokenUsage
from entrypoints.http.routes.chat import ToolCall, ToolResult
from entrypoints.http.routes.run_views import outcome_view
from entrypoints.http.sampling import SamplingBody, SamplingView, read_change, read_sampling
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

blueprint = Blueprint("conversations", __name__, url_prefix="/api")


class ConversationView(BaseModel):
    """A titled row of messages."""

    id: Id
    title: str
    created_at: Timestamp
    updated_at: Timestamp
    message_count: int
    provider: str | None = Field(description="Who answers here; null: as configured.")
    model: str | None = Field(description="With which model; null: as configured.")
    sampling: SamplingView = Field(description="How; what is not in it is as configured.")
    active_run_id: Id | None = Field(
        description="The run that goes on in it, or waits for a human; null: there is none."
    )


class MessageView(BaseModel):
    """One thing said, and the tools that were called for it.

    An answer says how its run ended: `content` is empty where that failed or was cancelled before
    any text. Of a message of the user, `run_id` and what follows are null.
    """

    id: Id
    role: Literal["user", "assistant"]
    content: str
    timestamp: Timestamp
    tool_calls: list[ToolCall]
    results: list[ToolResult]
    run_id: Id | None
    status: Literal["completed", "failed", "cancelled"] | None
    stop: str | None = Field(
        description="`failed` or `cancelled` where the run ended so, else why the model stopped."
    )
    error: Problem | None = Field(description="Why the run failed.")
    usage: TokenUsage | None
    provider: str | None = Field(description="Who answered.")
    model: str | None = Field(description="With which model.")


def conversation_view(conversation: Conversation) -> dict[str, Any]:
    """Encode a conversation."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "created_at": time_text(conversation.created_at),
        "updated_at": time_text(conversation.updated_at),
        "message_count": conversation.message_count,
        "provider": conversation.provider,
        "model": conversation.model,
        "sampling": conversation.sampling.given(),
        "active_run_id": conversation.active_run_id,
    }


_UNKNOWN: Final = dict.fromkeys(("stop", "error", "usage", "provider", "model"))


def message_view(message: Message, run: RunRecord | None) -> dict[str, Any]:
    """Encode a message; ``run`` is the run that it is the answer of."""
    outcome = None if run is None else run.outcome  # older versions stored no outcome
    return {
        "id": message.id,
        "role": message.role,
        "content": message.content,
        "timestamp": time_text(message.created_at),
        "tool_calls": [tool_call(call) for call in message.tool_calls],
        "results": [tool_result(outcome) for outcome in message.results],
        "run_id": message.run_id,
        "status": None if run is None else run.status,
    } | (_UNKNOWN if outcome is None else outcome_view(outcome))


class ListQuery(BaseModel):
    """Filter and page of the list of conversations."""

    limit: Limit = DEFAULT_LIMIT
    cursor: ConversationCursor | None = None
    q: str | None = Field(
        None,
        max_length=500,
        description="Only those whose title or messages hold this text.",
    )


class ConversationList(BaseModel):
    """Some conversations, the last changed first."""

    conversations: list[ConversationView]
    next_cursor: NextCursor


@blueprint.get("/conversations")
@tag(["conversations"])
@validate_querystring(ListQuery)
@document_response(ConversationList)
async def find(query_args: ListQuery) -> dict[str, Any]:
    """List your conversations, the last changed first."""
    query, conversations = query_args, services().conversations
    page = await conversations.page(caller(), query.limit, query.cursor, query.q)
    return {
        "conversations": [conversation_view(item) for item in page.items],
        "next_cursor": page.next_cursor,
    }


class NewConversation(RequestBody):
    """A conversation to begin."""

    model_config = example({"title": "Sums"})

    title: str = Field("New conversation", min_length=1, max_length=TITLE_LENGTH)
    provider: ProviderName | None = Field(None, description="Who answers here.")
    model: ModelName | None = Field(None, description="With which model.")
    sampling: SamplingBody | None = Field(None, description="How the model is to answer here.")


@blueprint.post("/conversations")
@tag(["conversations"])
@validate_request(NewConversation)
@document_response(ConversationView, 201)
@can_fail(409)
@idempotent
async def add(data: NewConversation) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Begin an empty conversation. Sending a message without an id begins one too.

    A provider that is not configured is refused with 409.
    """
    preferred = ModelPreference(data.provider, data.model)
    conversation = await services().conversations.create(
        caller(), data.title, preferred, read_sampling(data.sampling)
    )
    headers = {"Location": f"/api/conversations/{conversation.id}"}
    return conversation_view(conversation), 201, headers


class MessagesQuery(BaseModel):
    """Page of a conversation's messages."""

    limit: Limit = MAX_LIMIT
    cursor: MessageCursor | None = None


class WholeConversation(ConversationView):
    """A conversation and the last of its messages, oldest first."""

    messages: list[MessageView]
    next_cursor: NextCursor = Field(
        description="Send it as `cursor` for the messages before these; null at the beginning."
    )


@blueprint.get("/conversations/<conversation_id>")
@tag(["conversations"])
@validate_querystring(MessagesQuery)
@document_response(WholeConversation)
async def get(conversation_id: str, query_args: MessagesQuery) -> dict[str, Any]:
    """Look at a conversation and its last messages; `next_cursor` leads to those before."""
    conversation = await services().conversations.get(caller(), conversation_id)
    return conversation_view(conversation) | await _messages(conversation_id, query_args)


class ConversationChange(RequestBody):
    """What to change. Another provider without a model means that provider's default."""

    model_config = example({"title": "Sums and products"})

    title: str | None = Field(None, min_length=1, max_length=TITLE_LENGTH)
    provider: ProviderName | None = Field(None, description="null: as configured.")
    model: ModelName | None = Field(None, description="null: as configured.")
    sampling: SamplingBody | None = Field(
        None,
        description="How the model is to answer here. What is left out stays; null: as configured.",
    )

    def change(self) -> Change:
        """Return the change for the use case: ``title: null`` changes nothing."""
        fields = self.model_dump(exclude_unset=True, exclude={"sampling"})
        if "sampling" in self.model_fields_set:
            fields["sampling"] = read_change(self.sampling)
        if fields.get("title", "") is None:
            del fields["title"]
        return cast("Change", fields)


@blueprint.patch("/conversations/<conversation_id>")
@tag(["conversations"])
@validate_request(ConversationChange)
@document_response(ConversationView)
@can_fail(409)
async def change(conversation_id: str, data: ConversationChange) -> dict[str, Any]:
    """Rename a conversation, or choose who answers in it, and how, from the next message on.

    A provider that is not configured is refused with 409.
    """
    changed = await services().conversations.change(caller(), conversation_id, data.change())
    return conversation_view(changed)


@blueprint.delete("/conversations/<conversation_id>")
@tag(["conversations"])
@answers_nothing
@can_fail(409)
async def delete(conversation_id: str) -> None:
    """Forget a conversation, with its messages and runs. One that is being answered stays."""
    await services().conversations.delete(caller(), conversation_id)


class History(BaseModel):
    """The last messages of a conversation, oldest first."""

    conversation_id: Id
    messages: list[MessageView]
    next_cursor: NextCursor = Field(
        description="Send it as `cursor` for the messages before these; null at the beginning."
    )


@blueprint.get("/chat/<conversation_id>/history")
@tag(["conversations"])
@validate_querystring(MessagesQuery)
@document_response(History)
async def history(conversation_id: str, query_args: MessagesQuery) -> dict[str, Any]:
    """Read a conversation's last messages; `next_cursor` leads to those before."""
    return {"conversation_id": conversation_id} | await _messages(conversation_id, query_args)


async def _messages(conversation_id: str, query: MessagesQuery) -> dict[str, Any]:
    lookup = services().run_lookup
    page = await lookup.history(caller(), conversation_id, query.limit, query.cursor)
    return {
        "messages": [message_view(each.message, each.run) for each in page.items],
        "next_cursor": page.next_cursor,
    }
