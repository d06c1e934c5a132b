"""The plugin of learned APIs, put together for the loop that the service runs on."""

import asyncio
from collections.abc import Sequence

from domain.api_shelf import Shelved
from domain.learned_apis import PLUGIN
from entrypoints.container import Container
from plugins.openapi.plugin import LearnedApisPlugin


async def register_learned_apis(container: Container) -> None:
    """Take in the plugin, as any other is taken in.

    Its hook waits, in a thread of its own, for what the loop reads from the database.
    """
    loop, shelf = asyncio.get_running_loop(), container.api_shelf()

    def shelved() -> Sequence[Shelved]:
        return asyncio.run_coroutine_threadsafe(shelf.look(), loop).result()

    plugin = LearnedApisPlugin(shelved, container.api_caller(), container.keyring())
    await asyncio.to_thread(container.toolbox().register, plugin, PLUGIN)
    await container.catalogue().catch_up()  # so that no turn has to
