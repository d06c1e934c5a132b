"""The other APIs and tools beside a learned API: it cannot have their names."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from domain.learning.api import LearnedApi
from domain.learning.cache import ApiShelf
from domain.learning.drafts import NAME_LENGTH, Order, renamed
from domain.learning.names import free_names
from domain.learning.ports import LearnedApis
from domain.learning.version import ApiVersion
from domain.plugins.ports import Plugins
from domain.shared.errors import Conflict
from domain.tools.ports import Toolbox


class Neighbours:
    """Knows which names are taken, by other APIs and by the tools of all plugins."""

    def __init__(
        self, apis: LearnedApis, shelf: ApiShelf, toolbox: Toolbox, plugins: Plugins
    ) -> None:
        self._apis = apis
        self._shelf = shelf
        self._toolbox = toolbox
        self._plugins = plugins

    async def require_new(self, source: str, digest: str) -> None:
        """Look whether a document of this address, or of this content, is learned already.

        Raises:
            Conflict: it is; the message says how it is read again.

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
        """Look whether no other API has this one's name.

        Raises:
            Conflict: one has.

        """
        if any(other.name == api.name and other.id != api.id for other in await self._apis.all()):
            raise Conflict("There is a learned API of this name.")

    async def tools(self, api_id: str) -> set[str]:
        """Return the names that an API's tools cannot have."""
        return await self._shelf.names_besides(api_id, self._toolbox, self._plugins)

    async def free_name(self, order: Order, version: ApiVersion) -> str:
        """Return a name after the document that no other API has."""
        host = urlsplit(order.document.url).hostname or "API"
        wanted = " ".join((version.title or host).split())[: NAME_LENGTH - 5] or "API"
        taken = {api.name for api in await self._apis.all()}
        numbered = (f"{wanted} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbered) if name not in taken)

    async def with_free_tools(
        self, api_id: str, name: str, version: ApiVersion, kept: Mapping[str, str]
    ) -> ApiVersion:
        """Return the version with names that no other tool has."""
        taken = await self.tools(api_id)
        wanted = version.names()
        names = await asyncio.to_thread(free_names, wanted, taken, name, kept=kept)
        if names == wanted:
            return version
        return await asyncio.to_thread(renamed, version, names)
