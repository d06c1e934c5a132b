"""Routes of API keys: list one's own, make one, revoke one."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field
from quart import Blueprint
from quart_schema import document_response, tag, validate_request

from domain.accounts.api_keys import ApiKey, Scope
from domain.accounts.users import User
from entrypoints.encoding import time_text
from entrypoints.http.fields import Id, RequestBody, Timestamp, as_whole, example
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.security.guard import identity
from entrypoints.wiring.services import services

blueprint = Blueprint("api_keys", __name__, url_prefix="/api/auth/keys")

_MOST_DAYS: Final = 3650

# The bounds stand nearest to the type: elsewhere pydantic leaves them out of the schema.
Days = Annotated[int, Field(ge=1, le=_MOST_DAYS), BeforeValidator(as_whole)]
ScopeName = Literal["chat", "tools:read", "tools:execute", "learn", "webhooks", "admin"]


class ApiKeyView(BaseModel):
    """An API key, without its secret part."""

    id: Id
    name: str
    beginning: str = Field(description="Its first characters, to tell it by.")
    ending: str = Field(description="Its last characters.")
    scopes: list[Scope]
    created_at: Timestamp
    expires_at: Timestamp | None = Field(description="null: it has no end.")
    last_used_at: Timestamp | None = Field(description="To the minute; null: never.")


class ApiKeyList(BaseModel):
    """Your API keys, the newest first."""

    keys: list[ApiKeyView]


class NewApiKey(ApiKeyView):
    """A key just made: `key` is shown this once."""

    key: str


class ApiKeyRequest(RequestBody):
    """A new API key. It never allows more than your role does."""

    model_config = example({"name": "nightly report", "scopes": ["chat"], "expires_in_days": 90})

    name: str = Field(min_length=1, max_length=100)
    scopes: list[ScopeName] = Field(
        min_length=1,
        max_length=len(Scope),
        description="`chat`: conversations, runs, consents; `tools:read`; `tools:execute`; "
        "`learn`: APIs; `webhooks`; `admin`: all that you may do, but for what needs a login.",
    )
    expires_in_days: Days | None = Field(None, description="Not given: it has no end.")


def api_key_view(key: ApiKey) -> dict[str, Any]:
    """Encode a key."""
    return {
        "id": key.id,
        "name": key.name,
        "beginning": key.beginning,
        "ending": key.ending,
        "scopes": list(key.scopes),
        "created_at": time_text(key.created_at),
        "expires_at": None if key.expires_at is None else time_text(key.expires_at),
        "last_used_at": None if key.last_used_at is None else time_text(key.last_used_at),
    }


def _owner() -> User:
    identity().require_login()
    return identity().user


@blueprint.get("")
@tag(["authentication"])
@document_response(ApiKeyList)
async def find() -> dict[str, Any]:
    """List your API keys, the newest first."""
    keys = await services().api_keys.all(_owner())
    return {"keys": [api_key_view(each) for each in keys]}


@blueprint.post("")
@tag(["authentication"])
@validate_request(ApiKeyRequest)
@document_response(NewApiKey, 201)
@can_fail(409)
async def make(data: ApiKeyRequest) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Make an API key for a program, which sends it as `Authorization: Bearer pto_...`.

    It is shown this once, and only its fingerprint is kept.
    """
    owner, days = _owner(), data.expires_in_days
    end = None if days is None else services().clock.now() + timedelta(days=days)
    scopes = frozenset(map(Scope, data.scopes))
    made, key = await services().api_keys.make(owner, data.name, scopes, end)
    return {**api_key_view(made), "key": key}, 201, {"Location": blueprint.url_prefix or ""}


@blueprint.delete("/<key_id>")
@tag(["authentication"])
@answers_nothing
async def revoke(key_id: str) -> None:
    """Revoke an API key: here at once, on every worker within 5 seconds."""
    await services().api_keys.revoke(_owner(), key_id)
