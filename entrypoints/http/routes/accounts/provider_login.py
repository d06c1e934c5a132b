"""Login at another identity provider: the two addresses that a browser is sent to.

The first leads to the provider, the second is where it sends the browser back. A page that began
the login gets a refresh token in the fragment of its address, good once and for a minute: fragments
are sent to no server. Without a page the tokens are the answer.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any, Final
from urllib.parse import urlsplit

from quart import Blueprint, Response, request
from quart_schema import hide

from domain.accounts.login_clients import client_of
from domain.accounts.provider_login import LIFE, LoginService, ProviderAnswer
from domain.shared.errors import FieldProblem, Gone, InvalidRequest, NotFound
from domain.shared.log_context import bind
from entrypoints.encoding import dump
from entrypoints.http.routes.accounts.auth import login_client, token_answer
from entrypoints.http.security.guard import open_to_all
from entrypoints.wiring.services import services

ADDRESS: Final = "/api/auth/oidc"
CALLBACK: Final = f"{ADDRESS}/callback"
COOKIE: Final = "puerto_login"

blueprint = Blueprint("provider_login", __name__, url_prefix=ADDRESS)

_LONGEST: Final = 2_000  # characters of an address, a code or a state


@blueprint.get("/login")
@open_to_all
@hide
async def begin() -> Response:
    """Send the browser to the provider."""
    login_client()
    base = services().settings.public_address
    begun = await _logins().begin(base + CALLBACK if base else None, _return_to(base))
    response = _redirect(begun.url)
    response.set_cookie(
        COOKIE,
        urlsafe_b64encode(begun.sealed).decode(),
        max_age=LIFE,
        **_cookie_place(base),
    )
    return response


@blueprint.get("/callback")
@open_to_all
@hide
async def come_back() -> Response:
    """Open a session for the person whom the provider has sent back."""
    client = client_of(**login_client())
    answer = ProviderAnswer(
        state=_given("state"),
        code=_given("code"),
        issuer=request.args.get("iss"),
        error=_given("error"),
    )
    done = await _logins().finish(_sealed(), answer, client)
    bind(user=done.tokens.user.username)
    if done.return_to:
        response = _redirect(f"{done.return_to}#refresh_token={done.tokens.refresh_token}")
    else:
        response = Response(dump(token_answer(done.tokens)), content_type="application/json")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.delete_cookie(COOKIE, **_cookie_place(services().settings.public_address))
    return response


def _redirect(url: str) -> Response:
    return Response(status=303, headers={"Location": url})


def _logins() -> LoginService:
    logins = services().accounts.logins
    if logins is None:
        raise NotFound(
            "Nobody logs in at another provider here: OIDC_ISSUER and OIDC_CLIENT_ID are not set."
        )
    return logins


def _return_to(base: str) -> str:
    """Return the page to come back to: one of this service, or of an origin that may call it.

    Raises:
        InvalidRequest: it is elsewhere.

    """
    asked = request.args.get("return_to", "")
    if not asked:
        return ""
    if len(asked) <= _LONGEST and asked.isprintable() and not {*asked} & {*' \\#"<>'}:
        if asked.startswith("/") and not asked.startswith("//"):
            return base + asked
        parts = urlsplit(asked)
        if f"{parts.scheme}://{parts.netloc}" in services().settings.cors_origins:
            return asked
    message = "Come back to a path of this service, or to a page of an origin in CORS_ORIGINS."
    raise InvalidRequest(message, [FieldProblem("return_to", message)])


def _given(name: str) -> str:
    value = request.args.get(name, "")
    if len(value) > _LONGEST:
        raise InvalidRequest("This is not an answer of a provider that was asked.")
    return value


def _sealed() -> bytes:
    try:
        return urlsafe_b64decode(request.cookies.get(COOKIE, ""))
    except (NotBase64, ValueError) as error:
        raise Gone("This browser has begun no such login. Begin again.") from error


def _cookie_place(base: str) -> dict[str, Any]:
    """Return where a browser sends the cookie: to the callback, however the person gets there."""
    parts = urlsplit(base)
    return {
        "path": parts.path + CALLBACK,
        "secure": parts.scheme == "https",
        "httponly": True,
        "samesite": "Lax",
    }
