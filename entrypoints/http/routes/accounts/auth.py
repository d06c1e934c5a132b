"""Routes of authentication: registration, login, refresh tokens, tickets, passwords, logout."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    EmailStr,
    Field,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from quart import Blueprint, request
from quart_schema import document_response, tag, validate_request

from domain.accounts.identity import LoginTokens
from domain.accounts.ports import MAX_PASSWORD_BYTES
from domain.accounts.tickets import LIFE
from domain.accounts.users import User
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.log_context import bind
from entrypoints.addresses import normal_address, normal_login
from entrypoints.encoding import time_text
from entrypoints.http.fields import EXAMPLE_ID, Id, RequestBody, Timestamp, example
from entrypoints.http.openapi.document import answers_nothing, can_fail
from entrypoints.http.security.client_address import client_address
from entrypoints.http.security.guard import caller, identity, open_to_all
from entrypoints.http.security.tickets import can_be_opened
from entrypoints.wiring.services import services

blueprint = Blueprint("auth", __name__, url_prefix="/api/auth")

_ME = "/api/auth/me"


def _client_address() -> str:
    """Return the client's address, after adding it to the log context of a login attempt."""
    address = client_address(request)
    bind(client=address or "unknown")
    return address


def login_client() -> dict[str, str]:
    """Return what is known of the program that the person logs in with."""
    return {"address": _client_address(), "user_agent": request.headers.get("User-Agent", "")}


class UserView(BaseModel):
    """A person or program with an account."""

    id: Id
    email: str
    username: str
    full_name: str
    role: Literal["user", "operator", "admin"]
    created_at: Timestamp


class TokenAnswer(BaseModel):
    """The tokens of a login: send `access_token` with every request, until it expires."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="The access token's life, in seconds.")
    refresh_token: str = Field(description="Good for new tokens, once.")
    user: UserView


def user_view(user: User) -> dict[str, Any]:
    """Encode a user."""
    return {
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "full_name": user.full_name,
        "role": user.role,
        "created_at": time_text(user.created_at),
    }


def token_answer(grant: LoginTokens) -> dict[str, Any]:
    """Encode the tokens of a login."""
    return {
        "access_token": grant.access_token,
        "token_type": "bearer",
        "expires_in": grant.expires_in,
        "refresh_token": grant.refresh_token,
        "user": user_view(grant.user),
    }


def _address(value: object) -> object:
    return normal_address(value) if isinstance(value, str) else value


def _name(name: str) -> str:
    if "<" in name or ">" in name:
        raise ValueError("A name holds no < and no >.")
    return _not_blank(name).strip()


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("It must not be blank.")
    return text


NewPassword = Annotated[
    str,
    Field(
        min_length=8,
        max_length=MAX_PASSWORD_BYTES,
        description=f"At most {MAX_PASSWORD_BYTES} bytes in UTF-8.",
        json_schema_extra={"pattern": r"\S"},
    ),
    AfterValidator(_not_blank),
]


class RegisterRequest(RequestBody):
    """A new account."""

    model_config = example(
        {
            "email": "ada@example.com",
            "full_name": "Ada Lovelace",
            "password": "correct horse battery",
        }
    )

    email: Annotated[EmailStr, BeforeValidator(_address)] = Field(
        description="Also the user name.",
        json_schema_extra={"pattern": r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$"},
    )
    full_name: Annotated[str, AfterValidator(_name)] = Field(
        min_length=1, max_length=200, json_schema_extra={"pattern": r"^[^<>]*[^<>\s][^<>]*$"}
    )
    password: NewPassword


@blueprint.post("/register")
@open_to_all
@tag(["authentication"])
@validate_request(RegisterRequest)
@document_response(TokenAnswer, 201)
@can_fail(403, 409, 503)
async def register(data: RegisterRequest) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Open an account and log in."""
    given = (data.email, data.full_name, data.password)
    grant = await services().accounts.sign_in.register(*given, **login_client())
    return token_answer(grant), 201, {"Location": _ME}


class LoginRequest(RequestBody):
    """A user name or an e-mail address (one of the two), and the password."""

    model_config = example({"email": "ada@example.com", "password": "correct horse battery"})

    username: str | SkipJsonSchema[None] = Field(
        None, min_length=1, max_length=320, description="Or `email`."
    )
    email: str | SkipJsonSchema[None] = Field(
        None, min_length=1, max_length=320, description="Or `username`."
    )
    password: str = Field(min_length=1, max_length=MAX_PASSWORD_BYTES)

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if (self.username is None) == (self.email is None):
            raise ValueError("Send username or email, one of them.")
        return self

    @property
    def login(self) -> str:
        """The user name or e-mail address, whichever was sent, normalized as at registration."""
        return normal_login(self.username or self.email or "")


@blueprint.post("/login")
@open_to_all
@tag(["authentication"])
@validate_request(LoginRequest)
@document_response(TokenAnswer)
@can_fail(401, 503)
async def login(data: LoginRequest) -> dict[str, Any]:
    """Log in.

    An unknown user and a wrong password get the same answer, in the same time.
    """
    given = (data.login, data.password)
    grant = await services().accounts.sign_in.login(*given, **login_client())
    return token_answer(grant)


class RefreshRequest(RequestBody):
    """The refresh token that came with the access token."""

    model_config = example({"refresh_token": "the refresh token of your last login"})

    refresh_token: str = Field(min_length=1, max_length=1024)


@blueprint.post("/refresh")
@open_to_all
@tag(["authentication"])
@validate_request(RefreshRequest)
@document_response(TokenAnswer)
@can_fail(401, 503)
async def refresh(data: RefreshRequest) -> dict[str, Any]:
    """Trade a refresh token for new tokens.

    It is good once: used twice, it has been copied by somebody, and the session ends.
    """
    return token_answer(await services().authentication.refresh(data.refresh_token))


class TicketRequest(RequestBody):
    """The stream that the ticket is for."""

    model_config = example({"path": f"/api/conversations/{EXAMPLE_ID}/events"})

    path: str = Field(
        min_length=1,
        max_length=300,
        description="The path of a stream of events, or of a WebSocket; without a query.",
    )


class TicketAnswer(BaseModel):
    """A ticket: send it as `?ticket=` in the address of the stream."""

    ticket: str
    expires_in: int = Field(description="The ticket's life, in seconds.")


@blueprint.post("/ticket")
@tag(["authentication"])
@validate_request(TicketRequest)
@document_response(TicketAnswer)
async def ticket(data: TicketRequest) -> dict[str, Any]:
    """Get a ticket for a stream that cannot send a header, such as a browser's `EventSource`.

    It is good once, for some seconds, for that path and the method GET. Events of runs and of
    conversations and the WebSockets take it.
    """
    if not can_be_opened(data.path):
        message = "No stream of events and no WebSocket has this path."
        raise InvalidRequest(message, [FieldProblem("path", message)])
    secret = await services().tickets.issue(identity(), data.path)
    return {"ticket": secret, "expires_in": int(LIFE.total_seconds())}


class PasswordRequest(RequestBody):
    """The password that you have, and the one that takes its place."""

    model_config = example(
        {"current_password": "correct horse battery", "new_password": "staple of the correct horse"}
    )

    current_password: str = Field(min_length=1, max_length=MAX_PASSWORD_BYTES)
    new_password: NewPassword


@blueprint.post("/password")
@tag(["authentication"])
@validate_request(PasswordRequest)
@answers_nothing
async def change_password(data: PasswordRequest) -> None:
    """Change your password.

    All your other sessions end; this one goes on, and so do your API keys.
    """
    given = (data.current_password, data.new_password)
    await services().accounts.sign_in.change_password(identity(), *given, address=_client_address())


class ResetRequest(RequestBody):
    """The token that an administrator gave you, and your new password."""

    model_config = example(
        {"token": "the token from an administrator", "new_password": "staple of the correct horse"}
    )

    token: str = Field(min_length=1, max_length=1024)
    new_password: NewPassword


@blueprint.post("/reset")
@open_to_all
@tag(["authentication"])
@validate_request(ResetRequest)
@answers_nothing
@can_fail(401, 503)
async def reset_password(data: ResetRequest) -> None:
    """Set a new password by a token from `POST /api/users/{user_id}/reset`.

    The token is good once, within an hour. All sessions end; API keys go on.
    """
    _client_address()
    await services().accounts.passwords.reset(data.token, data.new_password)


@blueprint.post("/logout")
@tag(["authentication"])
@answers_nothing
async def logout() -> None:
    """End the session: its tokens are worth nothing from now on."""
    await services().authentication.logout(identity())


@blueprint.get("/me")
@tag(["authentication"])
@document_response(UserView)
async def me() -> dict[str, Any]:
    """Say who you are."""
    return user_view(caller())
