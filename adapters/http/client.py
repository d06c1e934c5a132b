"""The HTTP client behind the port `Web`: one request, its redirects, its whole response."""

import asyncio
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urljoin

import httpx2
from typing_extensions import override

from adapters.http.decoding import ACCEPTED, BodyDecoder
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guard.urls import UrlTarget
from adapters.http.guarded_transport import GuardedTransport
from domain.shared.errors import AddressRefused, WebError, WebTimeout
from domain.telemetry.traces import trace_headers
from domain.web.ports import ExchangeLimits, HostCheck, Web, WebRequest, WebResponse

USER_AGENT: Final = "puerto"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SAFE: Final = "!#$%&'()*+,/:;=?@[\\]~"  # other characters are percent-encoded, as in browsers
_CONNECT_SECONDS: Final = 10.0
_LOOK_UP_SECONDS: Final = 2.0  # only for a warning, so short
_CARRIED: Final = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_OF_CONTENT: Final = frozenset({"content-type", "content-encoding", "content-language"})


class GuardedWeb(HostCheck, Web):
    """Sends requests through the SSRF guard, without proxies, cookies or ``.netrc``."""

    def __init__(
        self, ssrf_guard: SsrfGuard, transport: GuardedTransport, *, user_agent: str = USER_AGENT
    ) -> None:
        self._ssrf_guard = ssrf_guard
        self._transport = transport
        self._user_agent = user_agent

    @override
    async def send(self, request: WebRequest, limits: ExchangeLimits) -> WebResponse:
        host = self._ssrf_guard.check(request.url).host
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._followed(request, limits)
        except (TimeoutError, httpx2.TimeoutException) as error:
            message = f"{host} did not answer within {limits.seconds:.3g} seconds."
            raise WebTimeout(message) from error
        except httpx2.TransportError as error:
            raise WebError(f"{host} could not be reached: {error}") from error

    @override
    async def refusal(self, url: str) -> str:
        try:
            async with asyncio.timeout(_LOOK_UP_SECONDS):
                target = self._ssrf_guard.check(url)
                await self._ssrf_guard.addresses(target.host, target.port)
        except AddressRefused as error:
            return error.message
        except (WebError, TimeoutError):  # DNS does not know the name now, which may change
            return ""
        return ""

    async def close(self) -> None:
        """Close all connections. Closing twice is no error."""
        await self._transport.aclose()

    async def _followed(self, request: WebRequest, limits: ExchangeLimits) -> WebResponse:
        for remaining in reversed(range(limits.redirects + 1)):
            target = self._ssrf_guard.check(request.url)
            response = await self._exchanged(request, target, limits)
            location = response.header("location")
            if response.status not in _REDIRECTS or location is None:
                return response
            if remaining:
                request = self._redirected(request, target, response.status, location)
        raise WebError(f"{target.host} redirects more than {limits.redirects} times.")

    async def _exchanged(
        self, request: WebRequest, target: UrlTarget, limits: ExchangeLimits
    ) -> WebResponse:
        response = await self._transport.handle_async_request(
            self._outgoing(request, target, limits)
        )
        try:
            body = BodyDecoder(response.headers.get("content-encoding"), limits.bytes)
            bodiless = request.method == "HEAD"
            async for piece in response.aiter_raw():
                body.add(piece)
            headers = tuple((name, value) for name, value in response.headers.multi_items())
            whole = b"" if bodiless else body.whole()
            return WebResponse(response.status_code, headers, whole, target.url)
        finally:
            await response.aclose()

    def _outgoing(
        self, request: WebRequest, target: UrlTarget, limits: ExchangeLimits
    ) -> httpx2.Request:
        given = {name.lower() for name, _ in request.headers} - {"host"}
        ours = {"Host": target.authority, "User-Agent": self._user_agent, "Accept": "*/*"}
        headers = [(name, value) for name, value in ours.items() if name.lower() not in given]
        headers += [(name, value) for name, value in request.headers if name.lower() != "host"]
        headers.append(("Accept-Encoding", ACCEPTED))
        headers += [each for each in trace_headers().items() if each[0] not in given]
        connect = min(_CONNECT_SECONDS, limits.seconds)
        timeout = httpx2.Timeout(limits.seconds, connect=connect).as_dict()
        return httpx2.Request(
            request.method,
            target.url,
            headers=[(name.encode("ascii"), value.encode()) for name, value in headers],
            content=request.body,
            extensions={"timeout": timeout, "target": target.path.encode("ascii")},
        )

    def _redirected(
        self, request: WebRequest, target: UrlTarget, status: int, location: str
    ) -> WebRequest:
        """Return the request for a redirect (RFC 9110, 15.4), without headers of another origin.

        Raises:
            AddressRefused: the target is refused, or the body would go to another origin.

        """
        following = self._ssrf_guard.check(_joined(target.url, location))
        method, body, headers = request.method, request.body, request.headers
        becomes_get = status == 303 or (status in (301, 302) and method == "POST")  # noqa: PLR2004
        if becomes_get and method != "HEAD":
            method, body = "GET", b""
            headers = tuple(pair for pair in headers if pair[0].lower() not in _OF_CONTENT)
        if not _is_same(target, following):
            headers = tuple(pair for pair in headers if pair[0].lower() in _CARRIED)
            if body:
                raise AddressRefused(
                    f"{target.host} redirects to {following.host}, where the request's body is not "
                    "sent: give that address for the API, if it is right."
                )
        return replace(request, method=method, url=following.url, headers=headers, body=body)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, quote(location, safe=_SAFE))
    except ValueError as error:
        raise AddressRefused("A redirect leads to what is no address.") from error


def _is_same(target: UrlTarget, following: UrlTarget) -> bool:
    """Tell whether a redirect stays at its origin, or upgrades it from http to https."""
    secured = ("https", target.host, 443)
    moved = target.origin == ("http", target.host, 80) and following.origin == secured
    return target.origin == following.origin or moved
