"""Idempotency keys: a request with ``Idempotency-Key`` is executed once, its answer is replayed.

The routes of authentication take no key: their answers hold tokens, which must not be stored.
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
    """Mark a view as one that honours the header, by `request_key` or by `idempotent`."""
    setattr(view, _KEYED, True)
    return view


def is_keyed(view: object) -> bool:
    """Return whether a view honours the header."""
    return getattr(view, _KEYED, False)


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make a view idempotent that only stores things: its answer is stored with the request's key.

    The view runs in the transaction that stores its answer. Errors are not stored.
    """

    @wraps(view)
    async def once(*args: Any, **kwargs: Any) -> Any:
        async def work() -> str:
            return await _serialize(await current_app.make_response(await view(*args, **kwargs)))

        key = await request_key()
        if key is None:
            return await view(*args, **kwargs)
        return _deserialize(await services().once.run(key, work))

    return takes_key(once)


class _NotYet(Exception):
    """There is no stored answer: the request is new."""


async def once_prepared(
    prepare: Callable[[], Awaitable[T]], store: Callable[[T], Awaitable[Any]]
) -> Any:
    """Answer a request, which may have a key, in two steps; such views must be `takes_key`.

    ``prepare`` may take long and changes nothing. ``store`` only stores what was prepared, in the
    transaction that stores the answer, and returns the answer.
    """
    key = await request_key()
    if key is None:
        return await store(await prepare())

    async def not_yet() -> str:
        raise _NotYet

    try:
        return _deserialize(await services().once.run(key, not_yet))
    except _NotYet:
        prepared = await prepare()

    async def work() -> str:
        return await _serialize(await current_app.make_response(await store(prepared)))

    return _deserialize(await services().once.run(key, work))


async def request_key() -> RequestKey | None:
    """Return the current request's idempotency key with its fingerprint; None without a key."""
    text = g.get("idempotency_key")
    if text is None:
        return None
    body = await request.get_data(as_text=False)
    assert isinstance(body, bytes)  # noqa: S101  since as_text is False
    digest = fingerprint(f"{request.method} {request.path}", body)
    return RequestKey(caller().id, text, digest, services().clock.now())


def fingerprint(target: str, body: bytes) -> str:
    """Return the digest of a request's target and body, by which a reused key is detected."""
    return sha256(target.encode() + b"\n" + body).hexdigest()


async def _serialize(response: Any) -> str:
    answer = {
        "status": response.status_code,
        "content_type": response.content_type,
        "location": response.headers.get("Location"),
        "body": await response.get_data(as_text=True),
    }
    return json.dumps(answer)


def _deserialize(text: str) -> Response:
    answer = json.loads(text)
    response = Response(answer["body"], answer["status"], content_type=answer["content_type"])
    if answer["location"] is not None:
        response.headers["Location"] = answer["location"]
    return response


async def _check_key() -> None:
    rule = request.url_rule
    keys = request.headers.getlist(HEADER)
    if not keys or rule is None or not is_keyed(current_app.view_functions[rule.endpoint]):
        return
    if len(keys) > 1 or _KEY.match(keys[0]) is None:
        message = f"It must be 1 to {KEY_LENGTH} printable ASCII characters, sent once."
        raise InvalidRequest(f"{HEADER}: {message}", [FieldProblem(HEADER, message)])
    g.idempotency_key = keys[0]


def install_idempotency(app: Quart) -> None:
    """Validate the header before any view runs."""
    app.before_request(_check_key)
