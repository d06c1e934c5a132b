"""Authentication and authorization of requests, request ids, and the access log.

Every route requires credentials unless it is marked `open_to_all`.
"""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from quart import Quart, Response, current_app, g, request

from domain.accounts.identity import Identity
from domain.accounts.users import Role, User
from domain.shared.errors import Forbidden, InvalidRequest, Unauthenticated, Unavailable
from domain.shared.ids import new_id
from domain.shared.log_context import bind
from domain.telemetry.traces import TRACEPARENT, bind_caller
from entrypoints.http.security.connections import note_authenticated
from entrypoints.http.security.hosts import check_host, check_socket_host
from entrypoints.http.security.limits import count, is_free
from entrypoints.http.security.scopes import scope_of
from entrypoints.http.security.tickets import is_ticketed, redeem_ticket
from entrypoints.wiring.services import services

View = TypeVar("View", bound=Callable[..., Awaitable[Any]])

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_OPEN: Final = "_puerto_open"
_ROLE: Final = "_puerto_role"
_ANONYMOUS: Final = "_puerto_anonymous"

_log = logging.getLogger("puerto.http")
_access_log = logging.getLogger("puerto.access")


def open_to_all(view: View) -> View:
    """Mark a view as usable without credentials."""
    setattr(view, _OPEN, True)
    return view


def may_be_anonymous(view: View) -> View:
    """Mark a view as usable without credentials where the operator has set a key for that."""
    setattr(view, _ANONYMOUS, True)
    return view


def for_role(role: Role) -> Callable[[View], View]:
    """Restrict a view to this role and those above it."""

    def mark(view: View) -> View:
        setattr(view, _ROLE, role)
        return view

    return mark


def is_open(view: object) -> bool:
    """Return whether a view may be used without credentials."""
    return getattr(view, _OPEN, False)


def role_of(view: object) -> Role:
    """Return the lowest role that may use a view."""
    role: Role = getattr(view, _ROLE, Role.USER)
    return role


def caller() -> User:
    """Return the authenticated user of the current request."""
    return identity().user


def identity() -> Identity:
    """Return user and login session of the current request."""
    current = g.identity
    assert isinstance(current, Identity)  # noqa: S101  set by `_check_caller`
    return current


def bearer_token(header: str) -> str:
    """Return the token in an ``Authorization`` header.

    Raises:
        Unauthenticated: the header is missing or of another scheme.

    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send credentials as Authorization: Bearer <access token>.")
    return token.strip()


def request_id_of(header: str | None) -> str:
    """Return the id in the header ``X-Request-ID``, or a new one if it has none that is valid."""
    return header if header is not None and _REQUEST_ID.fullmatch(header) else new_id()


async def _name_request() -> None:
    g.request_id = request_id_of(request.headers.get("X-Request-ID"))
    g.began = time.perf_counter()
    bind(request=g.request_id, worker=services().worker.id)
    bind_caller(request.headers.get(TRACEPARENT))


async def _count_request() -> None:
    """Find out who calls, and count the request before anything else is made of it.

    Whose credentials are refused is told so later, and counted by address, wherever they are sent.
    """
    rule = request.url_rule
    if request.method == "OPTIONS":
        return
    if rule is not None and not is_open(view := current_app.view_functions[rule.endpoint]):
        try:
            g.identity = await _caller_of(view)
        except (Unauthenticated, Forbidden, Unavailable) as refused:
            g.refusal = refused
    if "refusal" in g or not is_free(request.endpoint):
        await count(request, None if g.get("is_anonymous") else g.get("identity"))


async def _check_text() -> None:
    if "\0" in request.path or any("\0" in value for value in request.args.values()):
        raise InvalidRequest("The address holds a NUL character (%00), which is not allowed.")


async def _check_caller() -> None:
    rule = request.url_rule
    if rule is None or request.method == "OPTIONS":
        return
    view = current_app.view_functions[rule.endpoint]
    if is_open(view):
        return
    if "refusal" in g:
        raise g.refusal
    if not g.get("is_anonymous"):
        note_authenticated(request.scope)
    bind(user=g.identity.user.username, user_id=g.identity.user.id)
    if (scope := scope_of(rule.endpoint)) is not None:
        g.identity.require_scope(scope)
    g.identity.user.require(role_of(view))  # before the body is read; the use case checks it again


async def _caller_of(view: object) -> Identity:
    header = request.headers.get("Authorization")
    if header is None and request.method == "GET" and is_ticketed(view):
        by_ticket = await redeem_ticket(request)
        if by_ticket is not None:
            return by_ticket
    if header is None and (anonymous := await _anonymous(view)) is not None:
        g.is_anonymous = True
        return anonymous
    return await services().callers.recognise(bearer_token(header or ""))


async def _anonymous(view: object) -> Identity | None:
    """Return as whom a request without credentials is made; None: it may not be."""
    key = services().settings.anonymous_key
    if key is None or not getattr(view, _ANONYMOUS, False):
        return None
    try:
        return await services().callers.recognise(key.get_secret_value())
    except Unauthenticated:
        _log.warning("PUERTO_ANONYMOUS_KEY is good for nothing: it was revoked, or is over")
        return None


async def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    elapsed = (time.perf_counter() - g.began) * 1000 if "began" in g else 0.0
    _access_log.log(
        logging.WARNING if "failure" in g and not g.get("is_logged") else logging.INFO,
        "%s %s %s %.1fms%s",
        request.method,
        request.path,
        response.status_code,
        elapsed,
        f" {g.failure}" if "failure" in g else "",
    )
    return response


def install_guard(app: Quart) -> None:
    """Install the checks on every route of the application."""
    app.before_request(_name_request)
    app.before_request(_count_request)
    app.before_request(_check_text)
    app.before_request(check_host)
    app.before_request(_check_caller)
    app.before_websocket(check_socket_host)
    app.after_request(_finish)
