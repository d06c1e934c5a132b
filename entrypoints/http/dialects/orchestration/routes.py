"""Route of the dialect: one question to the model."""

from pydantic import BaseModel, Field
from quart import Blueprint, Response
from quart_schema import document_response, tag, validate_request

from domain.conversations.sampling import Sampling
from domain.shared.log_context import bind
from entrypoints.encoding import dump
from entrypoints.http.dialects.text_stream import NOTHING, TextPieces, text_stream
from entrypoints.http.fields import MESSAGE_LENGTH, RequestBody, Whole, example
from entrypoints.http.idempotency import request_key, takes_key
from entrypoints.http.openapi.document import can_fail, responds_with
from entrypoints.http.security.guard import caller, may_be_anonymous
from entrypoints.http.streaming.sse import failure
from entrypoints.wiring.services import services

blueprint = Blueprint("orchestration", __name__)


class AskRequest(RequestBody):
    """A question to the model."""

    model_config = example({"prompt": "What is FastAPI?", "stream": False})

    prompt: str = Field(min_length=1, max_length=MESSAGE_LENGTH, description="What to ask.")
    temperature: float = Field(0.7, ge=0, le=2, description="How freely the model chooses words.")
    max_tokens: Whole = Field(1000, ge=1, le=1_000_000, description="Of the answer, at most.")
    stream: bool = Field(default=False, description="Answer as server-sent events of text.")


class PromptAnswer(BaseModel):
    """The model's answer."""

    response: str
    tokens_used: int = Field(description="Of the prompt and the answer together.")


@blueprint.post("/ask")
@may_be_anonymous
@tag(["orchestration"])
@validate_request(AskRequest)
@document_response(PromptAnswer)
@responds_with(TextPieces)
@can_fail(403, 409, 502, 504)
@takes_key
async def ask(data: AskRequest) -> Response:
    """Ask the configured model one thing: without a history, a conversation or tools.

    With `PUERTO_ANONYMOUS_KEY` it needs no credentials. With `stream` the answer is text as it
    comes, and ends with the connection.
    """
    chat, user, key = services().chat, caller(), await request_key()
    sampling = Sampling(temperature=data.temperature, max_output_tokens=data.max_tokens)
    started = await chat.ask(user, data.prompt, key, sampling=sampling)
    bind(run=started.run_id)
    reader = await chat.follow(user, started.run_id, whole=not data.stream)
    if data.stream:
        return await text_stream(reader, NOTHING)
    answer = await reader.answer()
    if answer.problem is not None:
        return failure(answer.problem, answer.place)
    used = answer.outcome.usage
    tokens = used.input_tokens + used.output_tokens
    body = dump({"response": answer.text, "tokens_used": tokens})
    return Response(body, content_type="application/json")
