"""Versions of learned APIs that wait to be accepted: what that would do."""

import asyncio

from domain.learning.api import LearnedApi
from domain.learning.cache import Shelved
from domain.learning.changes import Diff, difference
from domain.learning.ports import LearnedApis
from domain.learning.version import ApiVersion


class WaitingDiffs:
    """What accepting each version that waits would do: compared once, and kept in mind."""

    def __init__(self, apis: LearnedApis) -> None:
        self._apis = apis
        self._known: dict[str, tuple[int, Diff]] = {}

    async def of(self, shelved: Shelved) -> Diff | None:
        """Return what the version of an API that waits would do; None where none waits."""
        api = shelved.api
        if not api.waiting:
            self.forget(api.id)
            return None
        known = self._known.get(api.id)
        if known is None or known[0] != api.revision:
            waiting = await self._apis.waiting(api.id)
            if waiting is None:  # it was accepted just now
                return None
            known = (api.revision, await compared(api, shelved.version, waiting))
            self._known[api.id] = known
        return known[1]

    def forget(self, api_id: str) -> None:
        """Keep nothing of an API in mind."""
        self._known.pop(api_id, None)


async def compared(api: LearnedApi, old: ApiVersion, new: ApiVersion) -> Diff:
    """Compare two versions of an API in a thread: there may be thousands of tools."""
    is_placed = bool(api.settings.base_url)
    return await asyncio.to_thread(difference, old, new, is_placed=is_placed)
