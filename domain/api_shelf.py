"""The shelf: the learned APIs as this worker has them at hand, each read again when it changes."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.errors import NotFound
from domain.learned_apis import PLUGIN, ApiTool, ApiVersion, LearnedApi, offered
from domain.ports.learned_apis import LearnedApis
from domain.ports.plugins import Plugins
from domain.ports.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Shelved:
    """An API and its version in use."""

    api: LearnedApi
    version: ApiVersion

    def tools(self) -> Sequence[ApiTool]:
        """Return the tools that it offers, as the operator wants them."""
        return offered(self.api.settings, self.version)

    def names(self) -> Iterator[str]:
        """Yield all names that its tools have, or could have again."""
        yield from self.version.names().values()
        for override in self.api.settings.overrides.values():
            if override.name is not None:
                yield override.name


class ApiShelf:
    """Keeps the versions in use in memory: they are large, and seldom change."""

    def __init__(self, apis: LearnedApis) -> None:
        self._apis = apis
        self._shelved: dict[str, Shelved] = {}
        self._looking = asyncio.Lock()

    async def look(self) -> Sequence[Shelved]:
        """Return all APIs as they are kept now.

        Raises:
            Unavailable: the database does not answer.

        """
        async with self._looking:
            found: dict[str, Shelved] = {}
            for api in await self._apis.all():
                known = self._shelved.get(api.id)
                if known is not None and known.api == api:
                    found[api.id] = known
                    continue
                try:
                    found[api.id] = Shelved(api, await self._apis.version(api.id))
                except NotFound:  # it was forgotten just now
                    continue
            self._shelved = found
            return list(found.values())

    async def names_besides(self, api_id: str, toolbox: Toolbox, plugins: Plugins) -> set[str]:
        """Return the names of tools that an API cannot have: other APIs' and other plugins'."""
        taken = {name for one in await self.look() if one.api.id != api_id for name in one.names()}
        for tool in (*toolbox.tools(), *plugins.tools_off()):
            if tool.spec.plugin != PLUGIN:
                taken.add(tool.spec.name)
        return taken
