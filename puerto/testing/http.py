"""An HTTP client that answers what a test says, in place of `PluginContext.http`."""

import json as json_text
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from typing_extensions import override

from domain.tools.http import HttpClient, HttpClients

ResponseFunction = Callable[[httpx2.Request], httpx2.Response]
"""Makes the response to a request, or raises an `httpx2.HTTPError`."""

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class _Rule:
    """An answer, and the requests that it is for."""

    method: str
    url: httpx2.URL | re.Pattern[str]
    respond: ResponseFunction

    def fits(self, request: httpx2.Request) -> bool:
        """Tell whether it answers this request."""
        if self.method not in {request.method, "*"}:
            return False
        if isinstance(self.url, re.Pattern):
            return self.url.fullmatch(str(request.url)) is not None
        asked = request.url if self.url.query else request.url.copy_with(query=None)
        return asked == self.url


class HttpDouble(HttpClient, HttpClients):
    """Answers requests as told, and opens no connection.

    ``requests`` holds the `httpx2.Request`s that were sent, in order; ``unanswered`` those for
    which there was no answer. They fail with an `httpx2.ConnectError`.
    """

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.unanswered: list[httpx2.Request] = []
        self._rules: list[_Rule] = []
        self._made: httpx2.AsyncClient | None = None

    def answers(
        self,
        method: str,
        url: str | re.Pattern[str],
        answer: ResponseFunction | Exception | None = None,
        *,
        status: int = 200,
        json: Any = _NOTHING,
        text: str | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        r"""Answer requests of this method and address so from now on; the latest that fits is used.

        ::

            puerto_http.answers("GET", "https://desk.example/tickets/7", json={"title": "Late"})
            puerto_http.answers("POST", re.compile(r"https://desk\.example/.*"), status=503)
            puerto_http.answers("GET", "https://desk.example/", httpx2.ReadTimeout("too late"))
            puerto_http.answers("*", "https://desk.example/", lambda request: httpx2.Response(200))

        The method ``*`` is any. An address without a query fits any query; a pattern has to fit the
        whole address. ``answer`` is a function of the request, or an exception to raise; without
        it the response has this ``status``, these ``headers``, and ``json``, ``text`` or
        ``content`` as its body.
        """
        if json is not _NOTHING:
            content = json_text.dumps(json).encode()
            headers = {"content-type": "application/json", **(headers or {})}

        def respond(request: httpx2.Request) -> httpx2.Response:
            if isinstance(answer, Exception):
                raise answer
            if answer is not None:
                return answer(request)
            return httpx2.Response(status, headers=headers, text=text, content=content)

        where = url if isinstance(url, re.Pattern) else httpx2.URL(url)
        self._rules.insert(0, _Rule(method.upper(), where, respond))

    @override
    async def request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        """Return the answer.

        Raises:
            httpx2.HTTPError: the answer is one, or there is none.

        """
        return await self._client().request(method, url, **options)

    @override
    def stream(
        self, method: str, url: str, **options: Any
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Return the answer, whose body can be read in pieces.

        Raises:
            httpx2.HTTPError: the answer is one, or there is none.

        """
        return self._streamed(method, url, options)

    @asynccontextmanager
    async def _streamed(
        self, method: str, url: str, options: dict[str, Any]
    ) -> AsyncGenerator[httpx2.Response]:
        async with self._client().stream(method, url, **options) as response:
            yield response

    @override
    def of(self, plugin: str) -> HttpClient:
        """Return this client for every plugin."""
        return self

    @override
    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _client(self) -> httpx2.AsyncClient:
        if self._made is None:
            transport = httpx2.MockTransport(self._respond)
            self._made = httpx2.AsyncClient(transport=transport, trust_env=False)
        self._made.cookies.clear()  # as all users' calls share it
        return self._made

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        for rule in self._rules:
            if rule.fits(request):
                return rule.respond(request)
        self.unanswered.append(request)
        raise httpx2.ConnectError(
            f"the test gives no answer to {request.method} {request.url}: say it with"
            " puerto_http.answers(...)",
            request=request,
        )
