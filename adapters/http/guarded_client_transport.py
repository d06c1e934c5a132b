"""The guarded transport for clients whose code expects the errors of httpx2 alone."""

import httpx2
from typing_extensions import override

from adapters.http.guarded_transport import GuardedTransport
from domain.shared.errors import WebError


class GuardedClientTransport(GuardedTransport):
    """Connects only to addresses that the SSRF guard allows; a refusal is a ``ConnectError``."""

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await super().handle_async_request(request)
        except WebError as error:
            raise httpx2.ConnectError(error.message, request=request) from error
