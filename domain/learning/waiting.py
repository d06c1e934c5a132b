"""The changes of versions that wait to be accepted, cached."""

import asyncio

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiVersion
from domain.learning.cache import CachedApi
from domain.learning.diff.changes import Diff, difference
from domain.learning.ports import LearnedApis


class WaitingDiffs:
    """The cache of diffs between the versions in use and the waiting ones."""

    def __init__(self, apis: LearnedApis) -> None:
        self._apis = apis
        self._cache: dict[str, tuple[int, Diff]] = {}

    async def of(self, shelved: CachedApi) -> Diff | None:
        """Return the changes of an API's waiting version; None if none waits."""
        api = shelved.api
        if not api.waiting:
            self.forget(api.id)
            return None
        cached = self._cache.get(api.id)
        if cached is None or cached[0] != api.revision:
            waiting = await self._apis.waiting(api.id)
            if waiting is None:  # it was accepted just now
                return None
            cached = (api.revision, await compared(api, shelved.version, waiting))
            self._cache[api.id] = cached
        return cached[1]

    def forget(self, api_id: str) -> None:
        """Drop an API from the cache."""
        self._cache.pop(api_id, None)


async def compared(api: LearnedApi, old: ApiVersion, new: ApiVersion) -> Diff:
    """Compare two versions of an API in a thread: there may be thousands of tools."""
    is_placed = bool(api.settings.base_url)
    return await asyncio.to_thread(difference, old, new, is_placed=is_placed)
