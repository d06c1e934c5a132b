"""The sender of webhooks: one POST through the SSRF guard, of whose answer the status counts."""

import asyncio
from collections.abc import Sequence
from typing import Final

import httpx2
from typing_extensions import override

from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from domain.shared.errors import WebError, WebTimeout
from domain.webhooks.delivery import TRY_SECONDS
from domain.webhooks.ports import WebhookSender

_READ: Final = 16_384  # bytes of an answer, so that its connection can be used again


class GuardedWebhookSender(WebhookSender):
    """Sends by the guarded transport, without redirects and proxies."""

    def __init__(
        self,
        ssrf_guard: SsrfGuard,
        transport: GuardedTransport,
        user_agent: str,
        *,
        seconds: float = TRY_SECONDS,
    ) -> None:
        self._ssrf_guard = ssrf_guard
        self._transport = transport
        self._user_agent = user_agent
        self._seconds = seconds

    @override
    async def send(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
        target = self._ssrf_guard.check(url)
        request = httpx2.Request(
            "POST",
            target.url,
            headers=[
                ("Host", target.authority),
                ("User-Agent", self._user_agent),
                ("Content-Type", "application/json"),
                ("Accept", "*/*"),
                *headers,
            ],
            content=body,
            extensions={
                "timeout": httpx2.Timeout(self._seconds).as_dict(),
                "target": target.path.encode("ascii"),
            },
        )
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._transport.handle_async_request(request)
        except (TimeoutError, httpx2.TimeoutException) as error:
            message = f"{target.host} did not answer within {self._seconds:.3g} seconds."
            raise WebTimeout(message) from error
        except httpx2.TransportError as error:
            raise WebError(f"{target.host} could not be reached: {error}") from error
        await self._throw_away(response)
        return response.status_code

    async def _throw_away(self, response: httpx2.Response) -> None:
        """Read a short body to its end; close the connection of any other."""
        size = 0
        try:
            async with asyncio.timeout(1.0):
                async for piece in response.aiter_raw():
                    size += len(piece)
                    if size > _READ:
                        break
        except (TimeoutError, httpx2.TransportError):
            pass  # the status came, and that counts
        finally:
            await response.aclose()
