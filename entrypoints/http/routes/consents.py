"""Routes of consent requests: list them, get one, answer one."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.consents.consent import Consent, ConsentStatus
from domain.execution.questions import requested
from domain.shared.log_context import bind
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.encoding import consent_request, time_text
from entrypoints.http.answers import HumanAnswer, ReplyFields
from entrypoints.http.fields import (
    EXAMPLE_ID,
    ConsentCursor,
    Id,
    Limit,
    NextCursor,
    RequestBody,
    Timestamp,
    example,
)
from entrypoints.http.idempotency import idempotent
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.openapi.events import ConsentRequest
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

blueprint = Blueprint("consents", __name__, url_prefix="/api")

MESSAGES: Final = {
    ConsentStatus.APPROVED: "Approved: the call runs with these arguments, and no others.",
    ConsentStatus.DENIED: "Denied: the call does not run. The agent is told.",
    ConsentStatus.DONE: "Noted as done. The run goes on.",
    ConsentStatus.NOT_DONE: "Noted as not done. The agent is told, and the run goes on.",
    ConsentStatus.TRY_AGAIN: "The call is made again, with the same arguments.",
}
OF_TOOL: Final = {
    ConsentStatus.APPROVED: "Answered: the tool is given the answer, and the run goes on.",
    ConsentStatus.DENIED: "Declined: the tool is told, and the run goes on.",
}


class ConsentView(ConsentRequest):
    """A consent request, and its answer once there is one."""

    run_id: Id
    conversation_id: Id | None = Field(description="null: a tool was called without the agent.")
    status: ConsentStatus
    created_at: Timestamp
    answered_at: Timestamp | None
    answer_reason: str
    original_params: dict[str, Any] | None = Field(
        description="What was asked for, where other arguments were approved."
    )
    values: dict[str, Any] | None = Field(description="The answer to a request of kind `input`.")


def consent_view(consent: Consent) -> dict[str, Any]:
    """Encode a consent request."""
    return consent_request(requested(consent)) | {
        "run_id": consent.run_id,
        "conversation_id": consent.conversation_id or None,
        "status": consent.status,
        "created_at": time_text(consent.created_at),
        "answered_at": time_text(consent.answered_at) if consent.answered_at else None,
        "answer_reason": consent.answer_reason,
        "original_params": consent.original_params,
        "values": consent.values,
    }


class ConsentsQuery(BaseModel):
    """Filters and page of the list of consent requests."""

    status: ConsentStatus | None = Field(None, description="Only those that stand so.")
    limit: Limit = DEFAULT_LIMIT
    cursor: ConsentCursor | None = None


class ConsentList(BaseModel):
    """Some consent requests, the newest first."""

    consents: list[ConsentView]
    next_cursor: NextCursor


@blueprint.get("/consents")
@tag(["consents"])
@validate_querystring(ConsentsQuery)
@document_response(ConsentList)
async def find(query_args: ConsentsQuery) -> dict[str, Any]:
    """List what your runs have asked you, the newest first."""
    query = query_args
    page = await services().consent_service.find(caller(), query.status, query.limit, query.cursor)
    return {
        "consents": [consent_view(item) for item in page.items],
        "next_cursor": page.next_cursor,
    }


@blueprint.get("/consents/<consent_id>")
@tag(["consents"])
@document_response(ConsentView)
async def get(consent_id: str) -> dict[str, Any]:
    """Look at one consent request."""
    return consent_view(await services().consent_service.get(caller(), consent_id))


class ConsentAnswer(HumanAnswer, RequestBody):
    """An answer: `approved`, or `outcome`. Anything but `approved: true` is a no."""

    model_config = example({"consent_request_id": EXAMPLE_ID, "approved": True})


class ConsentAnswered(BaseModel):
    """The request after the answer."""

    consent_request_id: Id
    status: Literal["approved", "denied", "done", "not_done", "try_again"]
    consent_token: str | None = Field(
        description="The digest of the call that may run now; null where nothing may."
    )
    message: str


@blueprint.post("/chat/consent")
@tag(["consents"])
@validate_request(ConsentAnswer)
@document_response(ConsentAnswered)
@can_fail(403, 404, 409, 410)
@idempotent
async def answer(data: ConsentAnswer) -> dict[str, Any]:
    """Answer a consent request, once; the run goes on.

    A second answer is refused with 409, one that comes too late with 410.
    """
    return await _answered(data.consent_request_id, data)


class Reply(ReplyFields, RequestBody):
    """An answer to the request of the address."""

    model_config = example({"approved": True})


@blueprint.post("/consents/<consent_id>")
@tag(["consents"])
@validate_request(Reply)
@document_response(ConsentAnswered)
@can_fail(403, 404, 409, 410)
@idempotent
async def reply(consent_id: str, data: Reply) -> dict[str, Any]:
    """Answer one consent request, once, as with `POST /api/chat/consent`; the run goes on.

    Where values are missing or do not fit, the fields are named, and the request still waits.
    """
    return await _answered(consent_id, data)


async def _answered(consent_id: str, data: ReplyFields) -> dict[str, Any]:
    consent = await services().consent_service.answer(caller(), consent_id, data.reply())
    messages = MESSAGES if consent.question is None else OF_TOOL
    bind(run=consent.run_id)
    return {
        "consent_request_id": consent.id,
        "status": consent.status,
        "consent_token": consent.digest if consent.status.lets_run else None,
        "message": messages[consent.status],
    }
