"""The plugin of learned APIs, put together for the loop that the service runs on."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from domain.learning.api.learned_api import PLUGIN
from domain.learning.cache import CachedApi
from domain.shared.errors import Unavailable
from entrypoints.wiring.container import Container
from plugins.openapi.plugin import LearnedApisPlugin

_PAUSES: Final = (0.5, 1.0, 3.0)  # seconds, while the database does not answer


async def register_learned_apis(container: Container) -> None:
    """Take in the plugin, as any other is taken in.

    Its hook waits, in a thread of its own, for what the loop reads from the database.
    """
    loop, cache = asyncio.get_running_loop(), container.learning().use_cases.cache

    def look() -> Sequence[CachedApi]:
        return asyncio.run_coroutine_threadsafe(cache.look(), loop).result()

    def shelved() -> Sequence[CachedApi]:
        for pause in _PAUSES:
            with suppress(Unavailable):
                return look()
            time.sleep(pause)
        return look()

    learning = container.learning()
    plugin = LearnedApisPlugin(shelved, learning.caller, learning.credential_store)
    await asyncio.to_thread(container.plugins().host.register, plugin, PLUGIN)
    await container.tools().catalogue.catch_up()  # so that no turn has to
