"""The scheduled refresh of learned APIs whose document has an address."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from domain.learning.api.learned_api import LearnedApi
from domain.learning.keeping import ApiChanges
from domain.learning.ports import LearnedApis
from domain.learning.service import Learning
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, NotFound, PuertoError
from domain.shared.log_context import failures_logged

_LOOK_SECONDS: Final = 300.0

_log = logging.getLogger(__name__)


class ScheduledRefresh:
    """Refreshes each API when its last refresh is ``hours`` old; 0 turns that off.

    Breaking changes wait to be accepted, as with any refresh. A failed refresh is retried after the
    same time. Concurrent refreshes by several workers are harmless: the first one wins.
    """

    def __init__(
        self,
        learning: Learning,
        changes: ApiChanges,
        apis: LearnedApis,
        clock: Clock,
        *,
        hours: float = 0.0,
    ) -> None:
        self._learning = learning
        self._changes = changes
        self._apis = apis
        self._clock = clock
        self._every = timedelta(hours=hours)
        self._tried: dict[str, datetime] = {}
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Start the background loop, unless the refresh is turned off."""
        if self._every:
            self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Stop the background loop. Stopping twice is no error."""
        await self._background.stop()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with failures_logged(_log, "learned APIs are not read again"):
                await self.look()

    async def look(self) -> list[str]:
        """Refresh the APIs that are due, one after the other; return the ids of the refreshed.

        Raises:
            Unavailable: the database does not answer.

        """
        apis = await self._apis.all()
        self._tried = {api.id: self._tried[api.id] for api in apis if api.id in self._tried}
        return [api.id for api in apis if self._is_due(api) and await self._refreshed(api)]

    def _is_due(self, api: LearnedApi) -> bool:
        last = max(api.learned_at, self._tried.get(api.id, api.learned_at))
        return bool(api.source) and self._clock.now() - last >= self._every

    async def _refreshed(self, api: LearnedApi) -> bool:
        self._tried[api.id] = self._clock.now()
        try:
            draft = await self._learning.refresh(None, api.id)
            await self._changes.take_over(draft)
        except (Conflict, NotFound):  # another worker was first, or the API was deleted
            return False
        except PuertoError as error:  # the reason is stored as the API's problem
            _log.warning("the API %s could not be read again: %s", api.name, error.message)
            return False
        return True
