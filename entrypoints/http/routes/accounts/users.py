"""Routes of the users, for administrators: list, look, change, log out, delete."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from quart import Blueprint, Response
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.accounts.administration import SeenUser
from domain.accounts.users import Role
from domain.shared.paging import DEFAULT_LIMIT
from entrypoints.encoding import time_text
from entrypoints.http.fields import Limit, NextCursor, RequestBody, Timestamp, UserCursor, example
from entrypoints.http.openapi.document import answers_nothing, can_fail, responds_with
from entrypoints.http.routes.accounts.auth import UserView, user_view
from entrypoints.http.security.guard import caller, for_role, identity
from entrypoints.user_archive import archived
from entrypoints.wiring.services import services

blueprint = Blueprint("users", __name__, url_prefix="/api/users")


class AdministeredUser(UserView):
    """A user, as administrators see them."""

    disabled: bool = Field(description="Whether they may not come in.")
    last_seen_at: Timestamp | None = Field(
        description="When they last used a session or an API key that there still is, to the "
        "minute; null: not known."
    )


class PasswordResetToken(BaseModel):
    """What lets a user set a new password once, with `POST /api/auth/reset`."""

    token: str = Field(description="It is shown this once.")
    expires_at: Timestamp


class UserList(BaseModel):
    """Some users, the oldest first."""

    users: list[AdministeredUser]
    next_cursor: NextCursor


class UsersQuery(BaseModel):
    """Filter and page of the list of users."""

    limit: Limit = DEFAULT_LIMIT
    cursor: UserCursor | None = None
    prefix: str = Field(
        "", max_length=320, description="Only those whose user name or address begins so."
    )


def administered_user(seen: SeenUser) -> dict[str, Any]:
    """Encode a user for administrators."""
    at = seen.last_seen_at
    return {
        **user_view(seen.user),
        "disabled": seen.user.is_disabled,
        "last_seen_at": None if at is None else time_text(at),
    }


@blueprint.get("")
@for_role(Role.ADMIN)
@tag(["users"])
@validate_querystring(UsersQuery)
@document_response(UserList)
async def find(query_args: UsersQuery) -> dict[str, Any]:
    """List the users, the oldest first."""
    query, users = query_args, services().accounts.administration
    page = await users.find(caller(), query.limit, query.cursor, query.prefix)
    return {
        "users": [administered_user(each) for each in page.items],
        "next_cursor": page.next_cursor,
    }


@blueprint.get("/<user_id>")
@for_role(Role.ADMIN)
@tag(["users"])
@document_response(AdministeredUser)
async def get(user_id: str) -> dict[str, Any]:
    """Look at a user."""
    return administered_user(await services().accounts.administration.get(caller(), user_id))


class UserChange(RequestBody):
    """What is to be changed of a user; what is not given stays as it is."""

    model_config = example({"role": "operator"})

    role: Literal["user", "operator", "admin"] | None = Field(
        None, description="What they may do, from their next request on."
    )
    disabled: bool | None = Field(
        None,
        description="`true` ends all their sessions, cancels their active runs, and lets their "
        "API keys open nothing; what is theirs stays. `false` lets them log in again.",
    )


@blueprint.patch("/<user_id>")
@for_role(Role.ADMIN)
@tag(["users"])
@validate_request(UserChange)
@document_response(AdministeredUser)
@can_fail(409)
async def change(user_id: str, data: UserChange) -> dict[str, Any]:
    """Change a user's role, disable or enable them: here at once, elsewhere within 5 seconds.

    The last administrator stays one (409).
    """
    role = None if data.role is None else Role(data.role)
    users = services().accounts.administration
    await users.change(caller(), user_id, role=role, is_disabled=data.disabled)
    return administered_user(await users.get(caller(), user_id))


@blueprint.post("/<user_id>/logout")
@for_role(Role.ADMIN)
@tag(["users"])
@answers_nothing
async def log_out(user_id: str) -> None:
    """End all sessions of a user: here at once, on every worker within 5 seconds.

    Their API keys stay, and their runs go on.
    """
    await services().accounts.administration.log_out(caller(), user_id)


@blueprint.post("/<user_id>/reset")
@for_role(Role.ADMIN)
@tag(["users"])
@document_response(PasswordResetToken)
async def allow_reset(user_id: str) -> dict[str, Any]:
    """Let a user who has lost their password set a new one, by a token that you hand over.

    It is good once, within an hour, and takes the place of one before. Whoever has it can take over
    the account: hand it over as you would a password. This needs a login.
    """
    identity().require_login()  # else a key would make logins
    token, end = await services().accounts.passwords.allow_reset(caller(), user_id)
    return {"token": token, "expires_at": time_text(end)}


class UserArchive(RootModel[bytes]):
    """A ZIP file: JSON lines by kind of record, and the files that tools made."""

    model_config = ConfigDict(json_schema_extra={"format": "binary"})

    # The second is for generators of clients that know no other kind of bytes.
    media_types: ClassVar = ("application/zip", "application/octet-stream")


@blueprint.get("/<user_id>/export")
@for_role(Role.ADMIN)
@tag(["users"])
@responds_with(UserArchive)
async def export(user_id: str) -> Response:
    """Download everything that is stored of a user, without secrets."""
    records = await services().accounts.export.records(caller(), user_id)
    headers = {"Content-Disposition": f'attachment; filename="user-{user_id}.zip"'}
    return Response(archived(records), content_type="application/zip", headers=headers)


@blueprint.delete("/<user_id>")
@for_role(Role.ADMIN)
@tag(["users"])
@answers_nothing
@can_fail(409)
async def remove(user_id: str) -> None:
    """Delete a user with all that is theirs. It cannot be undone, and takes some seconds.

    First their access ends and their runs are cancelled; when that holds on every worker, the rest
    is deleted. Their decisions stay in the audit. The last administrator stays (409).
    """
    await services().accounts.administration.remove(caller(), user_id)
