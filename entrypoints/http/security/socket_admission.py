"""Admission of WebSockets: origin check, and authentication by header, ticket or token."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

from quart import Websocket

from domain.accounts.api_keys import Scope
from domain.accounts.identity import Identity
from domain.shared.errors import Forbidden
from domain.shared.log_context import bind
from entrypoints.http.security.connections import note_authenticated
from entrypoints.http.security.guard import bearer_token
from entrypoints.http.security.tickets import redeem_ticket
from entrypoints.wiring.services import Services, services

IdentityCheck = Callable[[], Awaitable[Identity]]
"""Returns the client's identity; raises `Unauthenticated` when its login is no longer valid."""


async def admit(
    current: Websocket, all_services: Services, *, in_query: bool
) -> IdentityCheck | None:
    """Check a handshake, and return the check of the client's identity.

    Returns None without credentials: the client must then send an ``auth`` frame. ``in_query``
    allows the access token in the query.

    Raises:
        Forbidden: a web page of an origin that is not allowed opens the socket.
        Unauthenticated: the credentials are not valid.

    """
    _check_origin(current, all_services)
    check = await _early_check(current, in_query=in_query)
    if check is not None:
        user = (await check()).user
        bind(user=user.username, user_id=user.id)
        note_authenticated(current.scope)
    return check


def _check_origin(current: Websocket, all_services: Services) -> None:
    """Refuse web pages of other origins, except listed ones: WebSockets have no CORS preflight."""
    origin = current.headers.get("Origin")
    if origin is None or origin in all_services.settings.page_origins:
        return
    if urlsplit(origin).netloc != current.headers.get("Host"):
        raise Forbidden("Pages of this origin may not open a socket. See CORS_ORIGINS.")


async def _early_check(current: Websocket, *, in_query: bool) -> IdentityCheck | None:
    """Return the identity check of a header, a ticket or a token in the query; None without."""
    if header := current.headers.get("Authorization"):
        return by_token(bearer_token(header))
    identity = await redeem_ticket(current)
    if identity is not None:
        of_session = services().authentication.of_session
        return partial(of_session, identity.session_id, identity.expires_at)
    token = current.args.get("token") if in_query else None
    return by_token(token) if token is not None else None


def by_token(token: str) -> IdentityCheck:
    """Return the identity check of an access token, or of an API key that may chat."""
    callers = services().callers

    async def check() -> Identity:
        identity = await callers.recognise(token)
        identity.require_scope(Scope.CHAT)
        return identity

    return check
