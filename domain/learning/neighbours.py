"""Uniqueness of a learned API among others: its document, its name, and its tools' names."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiVersion
from domain.learning.cache import ApiCache
from domain.learning.drafts import NAME_LENGTH, LearnOrder, renamed
from domain.learning.names import free_names
from domain.learning.ports import LearnedApis
from domain.plugins.ports import Plugins
from domain.shared.errors import Conflict
from domain.tools.ports import Toolbox


class Neighbours:
    """Checks and finds names that no other API, and no other plugin's tool, has."""

    def __init__(
        self, apis: LearnedApis, cache: ApiCache, toolbox: Toolbox, plugins: Plugins
    ) -> None:
        self._apis = apis
        self._cache = cache
        self._toolbox = toolbox
        self._plugins = plugins

    async def require_new(self, source: str, digest: str) -> None:
        """Check that no API was learned from this address or this content.

        Raises:
            Conflict: one was; the message says how to refresh it.

        """
        for api in await self._apis.all():
            if (source and api.source == source) or (digest and api.digest == digest):
                raise Conflict(
                    f"This document is known: it is {api.name!r}. Read it again with POST "
                    f"/api/learned-apis/{api.id}/refresh (or: puerto api refresh), or give "
                    "another name to learn it once more.",
                    details={"api_id": api.id, "name": api.name},
                )

    async def require_free(self, api: LearnedApi) -> None:
        """Check that no other API has this one's name.

        Raises:
            Conflict: one has.

        """
        if any(other.name == api.name and other.id != api.id for other in await self._apis.all()):
            raise Conflict("There is a learned API of this name.")

    async def tools(self, api_id: str) -> set[str]:
        """Return the names of tools that an API cannot use."""
        return await self._cache.names_besides(api_id, self._toolbox, self._plugins)

    async def free_name(self, order: LearnOrder, version: ApiVersion) -> str:
        """Return a unique name for an API, made from the document's title or host."""
        host = urlsplit(order.document.url).hostname or "API"
        preferred = " ".join((version.title or host).split())[: NAME_LENGTH - 5] or "API"
        taken = {api.name for api in await self._apis.all()}
        numbered = (f"{preferred} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (preferred, *numbered) if name not in taken)

    async def with_free_tools(
        self, api_id: str, name: str, version: ApiVersion, kept: Mapping[str, str]
    ) -> ApiVersion:
        """Return the version with unique names of tools."""
        taken = await self.tools(api_id)
        preferred = version.names()
        names = await asyncio.to_thread(free_names, preferred, taken, name, kept=kept)
        if names == preferred:
            return version
        return await asyncio.to_thread(renamed, version, names)
