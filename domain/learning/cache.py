"""The shelf: the learned APIs as this worker has them at hand, each read again when it changes."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.learning.api import PLUGIN, LearnedApi
from domain.learning.ports import LearnedApis
from domain.learning.settings import offered
from domain.learning.summary import ApiSummary, summed_up
from domain.learning.version import ApiTool, ApiVersion
from domain.plugins.ports import Plugins
from domain.shared.errors import NotFound
from domain.tools.ports import Toolbox


@dataclass(frozen=True, slots=True)
class Shelved:
    """An API and its version in use, with the tools that it offers, as the operator wants them."""

    api: LearnedApi
    version: ApiVersion = field(repr=False)
    tools: Sequence[ApiTool] = field(repr=False)
    summary: ApiSummary = field(repr=False)

    @classmethod
    def of(cls, api: LearnedApi, version: ApiVersion) -> "Shelved":
        """Return an API with what it offers: work for a thread if there are thousands of tools."""
        tools = offered(api.settings, version)
        return cls(api, version, tools, summed_up(version, tools))

    def names(self) -> Iterator[str]:
        """Yield all names that its tools have, or could have again."""
        yield from self.version.names().values()
        for override in self.api.settings.overrides.values():
            if override.name is not None:
                yield override.name


class ApiShelf:
    """Keeps the versions in use in memory: they are large, and seldom change.

    Other settings of an API leave its version as it is: it is not read again for them.
    """

    def __init__(self, apis: LearnedApis) -> None:
        self._apis = apis
        self._shelved: dict[str, Shelved] = {}
        self._coming: dict[str, Shelved] = {}
        self._looking = asyncio.Lock()

    async def look(self) -> Sequence[Shelved]:
        """Return all APIs as they are kept now.

        Raises:
            Unavailable: the database does not answer.

        """
        async with self._looking:
            found: dict[str, Shelved] = {}
            for api in await self._apis.all():
                try:
                    found[api.id] = await self._read(api)
                except NotFound:  # it was forgotten just now
                    continue
            self._shelved, self._coming = found, {}
            return list(found.values())

    async def get(self, api_id: str) -> Shelved:
        """Return one API as it is kept now.

        Raises:
            NotFound: there is none.

        """
        async with self._looking:
            shelved = await self._read(await self._apis.get(api_id))
            self._shelved[api_id] = shelved
            return shelved

    def expect(self, api: LearnedApi, version: ApiVersion) -> None:
        """Take the version that was just kept for an API, so that it need not be read."""
        self._coming[api.id] = Shelved(api, version, (), ApiSummary())

    async def _read(self, api: LearnedApi) -> Shelved:
        known = self._shelved.get(api.id)
        if known is not None and known.api == api:
            return known
        version = await self._version(api, known)
        return await asyncio.to_thread(Shelved.of, api, version)

    async def _version(self, api: LearnedApi, known: Shelved | None) -> ApiVersion:
        for one in (self._coming.get(api.id), known):
            if one is not None and _of_version(one.api) == _of_version(api):
                return one.version
        return await self._apis.version(api.id)

    async def names_besides(self, api_id: str, toolbox: Toolbox, plugins: Plugins) -> set[str]:
        """Return the names of tools that an API cannot have: other APIs' and other plugins'."""
        taken = {name for one in await self.look() if one.api.id != api_id for name in one.names()}
        for tool in (*toolbox.tools(), *plugins.tools_off()):
            if tool.spec.plugin != PLUGIN:
                taken.add(tool.spec.name)
        return taken


def _of_version(api: LearnedApi) -> tuple[object, ...]:
    """Return what another version in use has otherwise: it was read or accepted at another time."""
    return (api.digest, api.waiting, api.learned_at)
