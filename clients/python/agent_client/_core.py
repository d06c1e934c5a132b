"""The core of a client: one call to the service, in as many tries as it takes."""

import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from agent_client._login import Credentials, Tokens
from agent_client._replies import OnConsent
from agent_client._transport import Source, Transport
from agent_client.errors import (
    AgentClientError,
    APIError,
    UnexpectedAnswerError,
    connection_error,
    error_of,
)

Model = TypeVar("Model", bound=BaseModel)

_log = logging.getLogger("agent_client")

CONNECT_SECONDS: Final = 5.0
LONGEST_PAUSE: Final = 8.0
LONGEST_RETRY_AFTER: Final = 60.0
# The service sends a comment every 15 seconds: three missing are a dead connection.
SHORTEST_SILENCE: Final = 45.0
EVENT_STREAM: Final = "text/event-stream"

_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
# A refusal: nothing was done.
_LATER: Final = frozenset({408, 429, 503})
# Of a gateway on the way, unless the answer names the run, whose outcome it then is.
_MAYBE_LATER: Final = frozenset({500, 502, 504})


try:
    _USER_AGENT = f"agent_client/{version('puerto-agent-client')}"
except PackageNotFoundError:  # imported from its sources
    _USER_AGENT = "agent_client"


@dataclass(frozen=True, slots=True)
class Options:
    """What `with_options` changes."""

    timeout: float = 60.0
    max_retries: int = 2
    reconnect_seconds: float = 60.0
    idempotency_key: str | None = None
    on_consent: OnConsent | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make. A POST has one idempotency key for all its tries."""

    method: str
    path: str
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_stream(self) -> bool:
        """Whether the answer may come as server-sent events."""
        return self.headers.get("Accept") == EVENT_STREAM

    def keyed(self, key: str | None) -> "Call":
        """Return the call with its idempotency key: the caller's, or a new one."""
        if self.method != "POST" or "Idempotency-Key" in self.headers:
            return self
        return replace(self, headers={"Idempotency-Key": key or str(uuid.uuid4()), **self.headers})


class Core:
    """What all faces of a client share: transport, credentials and options."""

    def __init__(
        self, transport: Transport, base_url: str, credentials: Credentials, options: Options
    ) -> None:
        self._base_url = base_url
        self._credentials = credentials
        self.transport = transport
        self.options = options

    def without_key(self) -> "Core":
        """Return a core for further calls, which the caller's idempotency key is not for."""
        return self.with_options(replace(self.options, idempotency_key=None))

    def with_options(self, options: Options) -> "Core":
        """Return a core with other options, over the same connections and login."""
        return Core(self.transport, self._base_url, self._credentials, options)

    async def get(self, call: Call, model: type[Model]) -> Model:
        """Make a call and return its answer.

        Raises:
            APIError: the service refuses.
            APIConnectionError: there is no answer.

        """
        return read(await self.send(call), model)

    async def send(self, call: Call) -> httpx2.Response:
        """Make a call, in as many tries as it takes, and return the answer of the last."""
        return await self._tried(call, self._sent, self.options.max_retries)

    async def open(self, call: Call) -> tuple[httpx2.Response, Source]:
        """Make one try to open a stream.

        Raises:
            APIError: the service refuses.
            httpx2.TransportError: there is no answer.

        """
        opened: list[Source] = []

        async def attempt(request: httpx2.Request) -> httpx2.Response:
            response, source = await self.transport.open(request)
            opened.append(source)
            return response

        response = await self._let_in(call, attempt)
        if response.is_error:
            raise error_of(response)
        return response, opened[-1]

    async def _tried(
        self, call: Call, attempt: Callable[[Call], Awaitable[httpx2.Response]], retries: int
    ) -> httpx2.Response:
        call, was_cut, number = call.keyed(self.options.idempotency_key), False, 0
        while True:
            error: AgentClientError
            pause: float | None
            try:
                response = await attempt(call)
            except httpx2.TransportError as cut:
                error, was_cut, pause = connection_error(cut), True, pause_before(number)
                error.__cause__ = cut
            else:
                gone = response.status_code == _NOT_FOUND and call.method == "DELETE" and was_cut
                if not response.is_error or gone:  # the try that was cut deleted it
                    return response
                refusal = error_of(response)
                error, pause = refusal, pause_after(refusal, number)
            if pause is None or number == retries:
                raise error
            _log.info("%s %s again in %.1f s: %s", call.method, call.path, pause, error)
            await self.transport.sleep(pause)
            number += 1

    async def _sent(self, call: Call) -> httpx2.Response:
        return await self._let_in(call, self.transport.send)

    async def _let_in(
        self, call: Call, attempt: Callable[[httpx2.Request], Awaitable[httpx2.Response]]
    ) -> httpx2.Response:
        """Make one try, and one more with a new token if the first one's has expired."""
        async with self.transport.lock():
            token = await self._credentials.token(self._post_unknown)
        response = await attempt(self._request(call, token))
        if response.is_redirect:  # not followed: the key would go along, and a POST become a GET
            target = response.headers["Location"]
            raise UnexpectedAnswerError(f"{response.request.url} redirects to {target}: use that.")
        if response.status_code != _UNAUTHORIZED:
            return response
        async with self.transport.lock():
            if not await self._credentials.renew(self._post_unknown, token):
                return response
            token = await self._credentials.token(self._post_unknown)
        return await attempt(self._request(call, token))

    async def _post_unknown(
        self, path: str, body: Mapping[str, Any], *, is_repeatable: bool
    ) -> Tokens:
        """Make a request without credentials, which gives some."""

        async def attempt(call: Call) -> httpx2.Response:
            return await self.transport.send(self._request(call, None))

        retries = self.options.max_retries if is_repeatable else 0
        return read(await self._tried(Call("POST", path, body=body), attempt, retries), Tokens)

    def _request(self, call: Call, token: str | None) -> httpx2.Request:
        accept = {"Accept": "application/json", "User-Agent": _USER_AGENT}
        authorized = {} if token is None else {"Authorization": f"Bearer {token}"}
        seconds, connect = self.options.timeout, min(CONNECT_SECONDS, self.options.timeout)
        silence = max(seconds, SHORTEST_SILENCE) if call.is_stream else seconds
        return self.transport.http.build_request(
            call.method,
            self._base_url + call.path,
            params={name: value for name, value in call.query.items() if value is not None},
            json=call.body,
            headers={**accept, **call.headers, **authorized},
            timeout=httpx2.Timeout(seconds, connect=connect, read=silence),
        )


def read(response: httpx2.Response, model: type[Model]) -> Model:
    """Return the record that an answer holds.

    Raises:
        UnexpectedAnswerError: it holds something else.

    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        message = f"{response.request.url} answered with what is no {model.__name__}."
        raise UnexpectedAnswerError(message) from error


def pause_before(number: int) -> float:
    """Return the seconds to wait after try ``number`` (from 0): growing, with jitter."""
    longest: float = min(LONGEST_PAUSE, 0.25 * 2.0**number)
    return longest * random.uniform(0.5, 1)  # noqa: S311  no secret


def pause_after(error: APIError, number: int) -> float | None:
    """Return the seconds to wait after a refusal, None where another try would not help."""
    if error.status in _MAYBE_LATER and error.run_id is None:
        return pause_before(number)
    if error.status not in _LATER:
        return None
    if error.retry_after is None:
        return pause_before(number)
    return error.retry_after if error.retry_after <= LONGEST_RETRY_AFTER else None
