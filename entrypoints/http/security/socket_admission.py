"""Who may open a WebSocket: pages of our own origins, and callers by header, ticket or token."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

from quart import Websocket

from domain.accounts.authentication import Identity
from domain.shared.errors import Forbidden
from domain.shared.log_context import bind
from entrypoints.http.security.connections import note_authenticated
from entrypoints.http.security.guard import bearer_token
from entrypoints.http.security.tickets import redeemed
from entrypoints.wiring.services import Services, services

Who = Callable[[], Awaitable[Identity]]
"""Tells who talks now; raises `Unauthenticated` when they may no more."""


async def admitted(current: Websocket, at_hand: Services, *, in_query: bool) -> Who | None:
    """Return who opens the socket, if that is known yet; None: a frame will tell.

    The access token may stand in the query only with ``in_query``.

    Raises:
        Forbidden: a page of an origin that is not ours opens it.
        Unauthenticated: the credentials are not valid.

    """
    _check_origin(current, at_hand)
    who = await _early_caller(current, in_query=in_query)
    if who is not None:
        bind(user=(await who()).user.username)
        note_authenticated(current.scope)
    return who


def _check_origin(current: Websocket, at_hand: Services) -> None:
    """Refuse web pages that are neither ours nor listed: a browser sends no CORS preflight here."""
    origin = current.headers.get("Origin")
    if origin is None or origin in at_hand.settings.cors_origins:
        return
    if urlsplit(origin).netloc != current.headers.get("Host"):
        raise Forbidden("Pages of this origin may not open a socket. See CORS_ORIGINS.")


async def _early_caller(current: Websocket, *, in_query: bool) -> Who | None:
    """Return who opens the socket, by a header, a ticket or a token; None: a frame will tell."""
    if header := current.headers.get("Authorization"):
        return by_token(bearer_token(header))
    identity = await redeemed(current)
    if identity is not None:
        of_session = services().authentication.of_session
        return partial(of_session, identity.session_id, identity.expires_at)
    token = current.args.get("token") if in_query else None
    return by_token(token) if token is not None else None


def by_token(token: str) -> Who:
    """Return what tells whose access token it is, as long as that is good."""
    return partial(services().authentication.recognise, token)
