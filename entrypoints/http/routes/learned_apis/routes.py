"""Routes of learned APIs: learn, preview, change, refresh, accept, forget; users' credentials."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import (
    document_request,
    document_response,
    tag,
    validate_querystring,
    validate_request,
)

from domain.accounts.users import Role
from domain.learning.drafts import Draft
from domain.learning.own_credentials import OwnCredentialsState
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.http.fields import Limit, NextCursor, place_cursor
from entrypoints.http.idempotency import once_prepared, takes_key
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.routes.learned_apis.bodies import (
    AcceptRequest,
    ApiChange,
    LearnRequest,
    NewDocument,
    OwnCredentials,
)
from entrypoints.http.routes.learned_apis.operations import OperationsQuery
from entrypoints.http.routes.learned_apis.reading import read_body, read_new_document, read_order
from entrypoints.http.routes.learned_apis.views import (
    ApiDetail,
    ApiView,
    SchemeView,
    api_view,
    draft_view,
    scheme_views,
    stored_view,
)
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

ADDRESS = "/api/learned-apis"

blueprint = Blueprint("learned_apis", __name__, url_prefix=ADDRESS)

ApiCursor = Annotated[str, place_cursor("learned")]


class ApisQuery(BaseModel):
    """Page of the list of learned APIs."""

    limit: Limit = DEFAULT_LIMIT
    cursor: ApiCursor | None = None


class ApiList(BaseModel):
    """Some learned APIs, the oldest first."""

    apis: list[ApiView]
    next_cursor: NextCursor


@blueprint.get("")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@validate_querystring(ApisQuery)
@document_response(ApiList)
async def find(query_args: ApisQuery) -> dict[str, Any]:
    """List the learned APIs, the oldest first."""
    page = await services().learned_apis.page(query_args.limit, query_args.cursor)
    return {"apis": [api_view(api) for api in page.items], "next_cursor": page.next_cursor}


@blueprint.post("")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@document_request(LearnRequest)
@document_response(ApiDetail, 201)
@can_fail(409, 422, 502, 504)
@takes_key
async def learn() -> Any:
    """Learn an API: its operations are tools here at once, on every worker within 2 seconds.

    The body may also be the document itself (`application/yaml`, or JSON with `openapi` or
    `swagger` at its top), with `name`, `base_url` and `strict` in the query. An operation that
    cannot be learned is skipped, and says why; a document of which nothing can be is refused with
    422. One that is known is a conflict, unless it gets another `name`.
    """
    order = await read_order()
    return await _done(lambda: services().apis.learning.learn(caller(), order), 201)


@blueprint.post("/preview")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@validate_querystring(OperationsQuery)
@document_request(LearnRequest)
@document_response(ApiDetail)
@can_fail(409, 422, 502, 504)
async def preview(query_args: OperationsQuery) -> dict[str, Any]:
    """See what would be learned: the same answer with a page of the operations, keeping nothing."""
    draft = await services().apis.learning.learn(caller(), await read_order(), again=True)
    return await draft_view(draft, query_args) | {"id": None}


@blueprint.get("/<api_id>")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@validate_querystring(OperationsQuery)
@document_response(ApiDetail)
async def get(api_id: str, query_args: OperationsQuery) -> dict[str, Any]:
    """Look at an API: its tools, what of it waits, and a page of its operations."""
    return await stored_view(api_id, query_args)


@blueprint.put("/<api_id>")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@validate_request(ApiChange)
@document_response(ApiDetail)
@can_fail(409, 422)
async def change(api_id: str, data: ApiChange) -> dict[str, Any]:
    """Change what is wanted of an API: here at once, on every worker within 2 seconds.

    What is said of operations stays when the document is read again.
    """
    draft = await services().apis.learning.change(caller(), api_id, data.edit())
    await services().apis.changes.take_over(draft)
    return await stored_view(api_id)


@blueprint.delete("/<api_id>")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@answers_nothing
async def forget(api_id: str) -> None:
    """Forget an API, its tools, and all credentials for it."""
    await services().apis.changes.forget(api_id)


@blueprint.post("/<api_id>/refresh")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@document_request(NewDocument)
@document_response(ApiDetail)
@can_fail(409, 422, 502, 504)
@takes_key
async def refresh(api_id: str) -> Any:
    """Read an API's document again: from its address, or a new one in the body.

    `diff` says what changed. What breaks nothing takes effect; the rest waits to be accepted, and
    is as it was meanwhile. If the new document cannot be read, everything stays as it is.
    """
    document = await read_new_document()
    return await _done(lambda: services().apis.learning.refresh(caller(), api_id, document), 200)


@blueprint.post("/<api_id>/accept")
@for_role(Role.OPERATOR)
@tag(["learned APIs"])
@document_request(AcceptRequest)
@document_response(ApiDetail)
@can_fail(409)
@takes_key
async def accept(api_id: str) -> Any:
    """Use the version that waits, whatever it breaks."""
    seen = (await read_body(AcceptRequest)).waiting
    return await _done(lambda: services().apis.learning.accept(caller(), api_id, seen), 200)


async def _done(make: Callable[[], Awaitable[Draft]], status: int) -> Any:
    """Make a draft, store it idempotently, and announce it; return the answer."""
    changes, stored = services().apis.changes, list[Draft]()

    async def prepare() -> tuple[Draft, dict[str, Any]]:
        draft = await make()
        return draft, await draft_view(draft)

    async def store(prepared: tuple[Draft, dict[str, Any]]) -> Any:
        draft, view = prepared
        await changes.keep(draft)
        stored.append(draft)
        headers = {"Location": f"{ADDRESS}/{draft.api.id}"} if status == 201 else {}  # noqa: PLR2004
        return view, status, headers

    answer = await once_prepared(prepare, store)
    for draft in stored:
        await changes.announce(draft)
    return answer


class CredentialsView(BaseModel):
    """Whether your own credentials for an API are set. They themselves are never shown."""

    set: bool
    schemes: list[str] = Field(description="What they are set for.")
    per_user: bool = Field(description="Whether the API is called with each user's own at all.")
    asked: list[SchemeView] = Field(description="What the API asks for.")


@blueprint.get("/<api_id>/credentials")
@tag(["learned APIs"])
@document_response(CredentialsView)
async def get_credentials(api_id: str) -> dict[str, Any]:
    """See whether your own credentials for an API are set, and what it asks for."""
    return _own(await services().apis.own_credentials.state(caller(), api_id))


@blueprint.put("/<api_id>/credentials")
@tag(["learned APIs"])
@validate_request(OwnCredentials)
@document_response(CredentialsView)
@can_fail(409, 422)
async def put_credentials(api_id: str, data: OwnCredentials) -> dict[str, Any]:
    """Set your own credentials for an API, in place of those before: your calls are made with them.

    They are kept encrypted, and neither shown to anybody nor to a model.
    """
    return _own(await services().apis.own_credentials.put(caller(), api_id, data.credentials))


@blueprint.delete("/<api_id>/credentials")
@tag(["learned APIs"])
@answers_nothing
async def remove_credentials(api_id: str) -> None:
    """Remove your own credentials for an API."""
    await services().apis.own_credentials.remove(caller(), api_id)


def _own(state: OwnCredentialsState) -> dict[str, Any]:
    return {
        "set": bool(state.given),
        "schemes": list(state.given),
        "per_user": state.per_user,
        "asked": scheme_views(state.asked),
    }
