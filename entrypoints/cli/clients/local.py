"""Running administration commands on the data of the settings, without a service."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from domain.accounts.users import Role, User

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.wiring.services import Services

T = TypeVar("T")

# Who can read the data may do everything with it, whoever is an administrator by its users.
OWNER: Final = User("", "", "the command line", "", Role.ADMIN, datetime.fromtimestamp(0, UTC))


def with_services(work: "Callable[[Services], Awaitable[T]]", *, with_plugins: bool = False) -> T:
    """Call ``work`` with an installation's services, which execute no runs; return its result.

    Raises:
        Unavailable: the database cannot be reached or belongs to another program, or a secret
            cannot be stored.

    """
    from entrypoints.cli.clients.embedded import installation

    async def run() -> T:
        async with installation(with_plugins=with_plugins) as services:
            return await work(services)

    return asyncio.run(run())
