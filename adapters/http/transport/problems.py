"""Errors of the transport beyond those of httpx2. Importing this imports httpx2."""

import httpx2


class BadEnvironment(httpx2.ConnectError):
    """An environment variable names a proxy, or certificates, that cannot be used."""


class RefusingTransport(httpx2.AsyncBaseTransport):
    """A transport that fails every request with the problem of its proxy."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raise the problem."""
        raise BadEnvironment(self._problem, request=request)
