"""How commands reach the plugins of an installation."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from entrypoints.cli.clients.plugins import PluginLine

T = TypeVar("T")


def with_plugins(
    url: str | None,
    token: str | None,
    login: str | None,
    work: "Callable[[PluginLine], Awaitable[T]]",
) -> T:
    """Call ``work`` with access to the service at the URL, or to the data of the settings.

    Raises:
        PuertoError: that cannot be reached, or refuses.

    """
    from entrypoints.cli.chat.session import credentials
    from entrypoints.cli.clients.plugins import plugin_line

    password = credentials(url, token, login)

    async def run() -> T:
        async with plugin_line(url, token, login or "", password) as line:
            return await work(line)

    return asyncio.run(run())
