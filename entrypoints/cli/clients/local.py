"""What a command does over the data that the settings name, without a service."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.wiring.services import Services

T = TypeVar("T")


def with_services(work: "Callable[[Services], Awaitable[T]]", *, with_plugins: bool = False) -> T:
    """Return what the work gives with an installation's services, which drive no runs.

    Raises:
        Unavailable: the database is not there, or not ours; or a secret cannot be kept.

    """
    from entrypoints.cli.clients.embedded import installation

    async def run() -> T:
        async with installation(with_plugins=with_plugins) as services:
            return await work(services)

    return asyncio.run(run())
