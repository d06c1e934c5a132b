"""Call of an operation: build the request, authorize, rate-limit, send, retry, read the result."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from domain.learning.api.credentials import Credentials
from domain.learning.api.fixed_arguments import Path, forms_of, with_fixed
from domain.learning.ports import AccessTokens
from domain.shared.errors import InvalidArguments, ToolFailed, ToolTimeout, WebError, WebTimeout
from domain.shared.secrets_in_use import IN_USE
from domain.tools.artifacts import Artifact
from domain.tools.secrets import Secrets
from domain.web.ports import ExchangeLimits, Web, WebRequest, WebResponse
from plugins.openapi.operation import Operation
from plugins.openapi.reserved import takes_idempotency_key
from plugins.openapi.wire.answers import result_of
from plugins.openapi.wire.requests import build_request
from plugins.openapi.wire.security import advice, authorise, choose, grants, placed

_BUSY: Final = frozenset({429, 503})
_TRIES: Final = 4
_UNAUTHORISED: Final = 401
_LARGE: Final = 20_000  # bytes of a body from which on it is parsed in a thread

Pace = AbstractAsyncContextManager[Any]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """The inputs of a call besides its arguments.

    ``call_id`` identifies it, also when it is retried; ``can_repeat`` means that it may be retried
    even if the API takes no idempotency key. ``fixed`` are the operator's arguments, which are as
    secret as the credentials. ``server`` and ``media_type`` are as in `build_request`; ``pace`` is
    a rate limiter, entered before each request.
    """

    operation: Operation
    call_id: str = ""
    can_repeat: bool = False
    credentials: Credentials = field(default_factory=Credentials)
    fixed: dict[Path, Any] = field(default_factory=dict, repr=False)
    server: str | None = None
    media_type: str | None = None
    limits: ExchangeLimits = field(default_factory=ExchangeLimits)
    pace: Pace = field(default_factory=nullcontext)


class ApiCaller:
    """Calls operations over ``web``, which is the SSRF guard."""

    def __init__(self, web: Web, tokens: AccessTokens) -> None:
        self._web = web
        self._tokens = tokens

    async def result(self, call: ApiCall, arguments: Mapping[str, Any]) -> Any:
        """Make a call and return its result, with the credentials redacted.

        Raises:
            InvalidArguments: the arguments cannot be made a request.
            ToolFailed: there was no answer, or an error answer.
            ToolTimeout: it took too long.

        """
        own = call.credentials.secrets().hide_in_log()
        secrets = _all_of(own, forms_of(call.fixed))
        try:
            response, used = await self._exchanged(call, arguments)
            IN_USE.add(used)
            secrets = _all_of(secrets, used)
            if len(response.body) < _LARGE:
                return _read(call.operation, response, secrets)
            return await asyncio.to_thread(_read, call.operation, response, secrets)
        except InvalidArguments as error:
            raise InvalidArguments(secrets.hide(error.message)) from None
        except WebTimeout as error:
            raise ToolTimeout(secrets.hide(error.message)) from None
        except WebError as error:
            raise ToolFailed(secrets.hide(error.message)) from None
        except ToolFailed as error:
            message = error.message + _advice(call, error.details.get("status"))
            details = secrets.hide_in(error.details)
            raise ToolFailed(secrets.hide(message), details=details) from None

    async def exchange(self, call: ApiCall, arguments: Mapping[str, Any]) -> WebResponse:
        """Make a call and return the response.

        A call that may be repeated is retried at the time in ``Retry-After``, within the timeout.

        Raises:
            InvalidArguments: the arguments cannot be made a request.
            ToolFailed: the API's server is not known, or the credentials are of the wrong kind.
            WebError: there was no answer.

        """
        response, _ = await self._exchanged(call, arguments)
        return response

    async def _exchanged(
        self, call: ApiCall, arguments: Mapping[str, Any]
    ) -> tuple[WebResponse, Sequence[str]]:
        """Return the response, and the secrets that were sent."""
        keys = await placed(call.operation, call.credentials, self._tokens)
        request = build_request(
            call.operation,
            with_fixed(arguments, keys | call.fixed),
            server=call.server,
            media_type=call.media_type,
            call_id=call.call_id,
        )
        deadline = asyncio.get_running_loop().time() + call.limits.seconds
        response, used = await self._sent(call, request, deadline)
        if response.status == _UNAUTHORISED and (stale := grants(call.operation, call.credentials)):
            for grant in stale:
                self._tokens.forget(grant)
            response, used = await self._sent(call, request, deadline)
        return response, [*used, *forms_of(keys)]

    async def _sent(
        self, call: ApiCall, request: WebRequest, deadline: float
    ) -> tuple[WebResponse, Sequence[str]]:
        for retries in reversed(range(_TRIES)):
            signed = await authorise(request, call.operation, call.credentials, self._tokens)
            async with call.pace:
                response = await self._web.send(signed, _within(call.limits, deadline))
            pause = _pause(response) if retries and _is_repeatable(call) else None
            if pause is None or asyncio.get_running_loop().time() + pause >= deadline:
                break
            await asyncio.sleep(pause)
        return response, _added(request, signed)


def _read(operation: Operation, response: WebResponse, secrets: Secrets) -> Any:
    """Return the result of a response, with the secrets redacted."""
    result = result_of(operation, response)
    if isinstance(result, Artifact):
        return replace(result, data=secrets.hide_bytes(result.data))
    return secrets.hide_in(result)


def _all_of(secrets: Secrets, more: Sequence[str]) -> Secrets:
    return Secrets({str(number): text for number, text in enumerate([*secrets.values(), *more])})


def _added(request: WebRequest, signed: WebRequest) -> Sequence[str]:
    """Return the header values that were added, each also without its authentication scheme."""
    values = [value for name, value in signed.headers if (name, value) not in request.headers]
    return [text for value in values for text in (value, value.partition(" ")[2])]


def _is_repeatable(call: ApiCall) -> bool:
    return call.can_repeat or (bool(call.call_id) and takes_idempotency_key(call.operation))


def _within(limits: ExchangeLimits, deadline: float) -> ExchangeLimits:
    remaining = deadline - asyncio.get_running_loop().time()
    if remaining <= 0:
        raise WebTimeout(f"The API did not answer within {limits.seconds:g} seconds.")
    return replace(limits, seconds=remaining)


def _pause(response: WebResponse) -> float | None:
    """Return the seconds in ``Retry-After`` of a busy API (RFC 9110, 10.2.3), or None."""
    header = (response.header("retry-after") or "").strip() if response.status in _BUSY else ""
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _advice(call: ApiCall, status: object) -> str:
    """Return advice for the operator if the API answers 401 and credentials are missing."""
    if status != _UNAUTHORISED or choose(call.operation, call.credentials) is not None:
        return ""
    return advice(call.operation)
