"""Choice between the embedded and the remote client."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from entrypoints.cli.clients.client import Client


@asynccontextmanager
async def connect(
    url: str | None, token: str | None, login: str, password: str
) -> AsyncGenerator[Client, None]:
    """Yield a client of the service at the URL, or of one embedded in this process."""
    if url is None:
        from entrypoints.cli.clients.embedded import embedded

        async with embedded() as inside:
            yield inside
    else:
        from entrypoints.cli.clients.remote import remote

        async with remote(url, token, login, password) as line:
            yield line
