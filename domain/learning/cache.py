"""The cache of learned APIs on this worker; an API is read again only when it has changed."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.learning.api.learned_api import PLUGIN, LearnedApi
from domain.learning.api.settings import offered
from domain.learning.api.summary import ApiSummary, summed_up
from domain.learning.api.version import ApiTool, ApiVersion
from domain.learning.ports import LearnedApis
from domain.plugins.ports import Plugins
from domain.shared.errors import NotFound
from domain.tools.ports import Toolbox


@dataclass(frozen=True, slots=True)
class CachedApi:
    """A cached API, its version in use, and the tools it offers under the operator's settings."""

    api: LearnedApi
    version: ApiVersion = field(repr=False)
    tools: Sequence[ApiTool] = field(repr=False)
    summary: ApiSummary = field(repr=False)

    @classmethod
    def of(cls, api: LearnedApi, version: ApiVersion) -> "CachedApi":
        """Make the cache entry; CPU-bound, for a thread if there are thousands of tools."""
        tools = offered(api.settings, version)
        return cls(api, version, tools, summed_up(version, tools))

    def names(self) -> Iterator[str]:
        """Yield all names of its tools, those from the document and those from overrides."""
        yield from self.version.names().values()
        for override in self.api.settings.overrides.values():
            if override.name is not None:
                yield override.name


class ApiCache:
    """Caches the versions in use: they are large, and seldom change.

    A change of an API's settings does not invalidate its cached version.
    """

    def __init__(self, apis: LearnedApis) -> None:
        self._apis = apis
        self._entries: dict[str, CachedApi] = {}
        self._coming: dict[str, CachedApi] = {}
        self._looking = asyncio.Lock()

    async def look(self) -> Sequence[CachedApi]:
        """Return all APIs as they are stored now, and renew the cache.

        Raises:
            Unavailable: the database does not answer.

        """
        async with self._looking:
            entries: dict[str, CachedApi] = {}
            for api in await self._apis.all():
                try:
                    entries[api.id] = await self._read(api)
                except NotFound:  # it was deleted meanwhile
                    continue
            self._entries, self._coming = entries, {}
            return list(entries.values())

    async def get(self, api_id: str) -> CachedApi:
        """Return one API as it is stored now, and renew its entry.

        Raises:
            NotFound: there is none.

        """
        async with self._looking:
            entry = await self._read(await self._apis.get(api_id))
            self._entries[api_id] = entry
            return entry

    def expect(self, api: LearnedApi, version: ApiVersion) -> None:
        """Put a version that was just stored into the cache, so that it need not be read."""
        self._coming[api.id] = CachedApi(api, version, (), ApiSummary())

    async def _read(self, api: LearnedApi) -> CachedApi:
        cached = self._entries.get(api.id)
        if cached is not None and cached.api == api:
            return cached
        version = await self._version(api, cached)
        return await asyncio.to_thread(CachedApi.of, api, version)

    async def _version(self, api: LearnedApi, cached: CachedApi | None) -> ApiVersion:
        for one in (self._coming.get(api.id), cached):
            if one is not None and _of_version(one.api) == _of_version(api):
                return one.version
        return await self._apis.version(api.id)

    async def names_besides(self, api_id: str, toolbox: Toolbox, plugins: Plugins) -> set[str]:
        """Return the names of tools that other APIs and other plugins have."""
        taken = {name for one in await self.look() if one.api.id != api_id for name in one.names()}
        for tool in (*toolbox.tools(), *plugins.tools_off()):
            if tool.spec.plugin != PLUGIN:
                taken.add(tool.spec.name)
        return taken


def _of_version(api: LearnedApi) -> tuple[object, ...]:
    """Return the key of an API's version in use: it changes when another version comes into use."""
    return (api.digest, api.waiting, api.learned_at)
