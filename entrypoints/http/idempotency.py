"""Requests with an ``Idempotency-Key``: done once, and answered the same however often they come.

Not on the routes of authentication: their answers hold tokens, and those are kept nowhere.
"""

import json
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from hashlib import sha256
from typing import Any, Final, TypeVar

from quart import Quart, Response, current_app, g, request

from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.idempotency import KEY_LENGTH, RequestKey
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])

HEADER: Final = "Idempotency-Key"
FORM: Final = rf"^[!-~]([ -~]{{0,{KEY_LENGTH - 2}}}[!-~])?$"

_KEYED: Final = "_puerto_keyed"
_KEY: Final = re.compile(FORM.removesuffix("$") + r"\Z", re.ASCII)


def takes_key(view: View) -> View:
    """Say that a view heeds the header: by `request_key`, or by `idempotent`."""
    setattr(view, _KEYED, True)
    return view


def is_keyed(view: object) -> bool:
    """Tell whether a view heeds the header."""
    return getattr(view, _KEYED, False)


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view that only stores things do so once: its answer is kept with the request's key.

    The view runs in the transaction that keeps its answer. What it raises is not kept.
    """

    @wraps(view)
    async def once(*args: Any, **kwargs: Any) -> Any:
        async def work() -> str:
            return await _write(await current_app.make_response(await view(*args, **kwargs)))

        key = await request_key()
        if key is None:
            return await view(*args, **kwargs)
        return _read(await services().once.run(key, work))

    return takes_key(once)


class _NotYet(Exception):
    """The request did not come before."""


async def once_prepared(
    prepare: Callable[[], Awaitable[T]], store: Callable[[T], Awaitable[Any]]
) -> Any:
    """Answer a request, that may have a key, in two steps; views that do so are `takes_key`.

    ``prepare`` may take long and changes nothing. ``store`` only stores what was prepared, in the
    transaction that keeps the answer, and returns the answer.
    """
    key = await request_key()
    if key is None:
        return await store(await prepare())

    async def not_yet() -> str:
        raise _NotYet

    try:
        return _read(await services().once.run(key, not_yet))
    except _NotYet:
        prepared = await prepare()

    async def work() -> str:
        return await _write(await current_app.make_response(await store(prepared)))

    return _read(await services().once.run(key, work))


async def request_key() -> RequestKey | None:
    """Return the current request's key with its fingerprint, None if it came without one."""
    text = g.get("idempotency_key")
    if text is None:
        return None
    body = await request.get_data(as_text=False)
    assert isinstance(body, bytes)  # noqa: S101  as asked for
    asked = fingerprint(f"{request.method} {request.path}", body)
    return RequestKey(caller().id, text, asked, services().clock.now())


def fingerprint(what: str, body: bytes) -> str:
    """Return what tells a request from another one: of what it asks for, and of its body."""
    return sha256(what.encode() + b"\n" + body).hexdigest()


async def _write(response: Any) -> str:
    answer = {
        "status": response.status_code,
        "content_type": response.content_type,
        "location": response.headers.get("Location"),
        "body": await response.get_data(as_text=True),
    }
    return json.dumps(answer)


def _read(text: str) -> Response:
    answer = json.loads(text)
    response = Response(answer["body"], answer["status"], content_type=answer["content_type"])
    if answer["location"] is not None:
        response.headers["Location"] = answer["location"]
    return response


async def _check_key() -> None:
    rule = request.url_rule
    given = request.headers.getlist(HEADER)
    if not given or rule is None or not is_keyed(current_app.view_functions[rule.endpoint]):
        return
    if len(given) > 1 or _KEY.match(given[0]) is None:
        message = f"It must be 1 to {KEY_LENGTH} printable ASCII characters, sent once."
        raise InvalidRequest(f"{HEADER}: {message}", [FieldProblem(HEADER, message)])
    g.idempotency_key = given[0]


def install_idempotency(app: Quart) -> None:
    """Refuse malformed keys before anything else of their request is looked at."""
    app.before_request(_check_key)
