"""Storing drafts of learned APIs, applying them on all workers, and publishing notices."""

import logging
from typing import Final

from domain.learning.api.learned_api import PLUGIN
from domain.learning.cache import ApiCache
from domain.learning.credential_store import CredentialStore
from domain.learning.drafts import Draft
from domain.learning.ports import LearnedApis
from domain.learning.waiting import WaitingDiffs
from domain.notifications.notices import Notice, NoticeType
from domain.notifications.ports import Notices, Outbox
from domain.plugins.ports import Switches
from domain.plugins.service import PluginService
from domain.shared.clock import Clock
from domain.shared.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)

_SAME_VERSION: Final = ("changed", "unchanged")  # events that leave the version as it is


class ApiNews:
    """Signals changes of learned APIs to the workers and to observers."""

    def __init__(
        self,
        switches: Switches,
        plugin_service: PluginService,
        notices: Notices,
        outbox: Outbox,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._switches = switches
        self._desk = plugin_service
        self._notices = notices
        self._outbox = outbox
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def renew(self) -> None:
        """Ask every worker to load the learned APIs again, as a part of the unit of work."""
        await self._switches.renew(PLUGIN)

    async def look(self) -> None:
        """Load them on this worker now."""
        await self._desk.look()

    async def write(self, draft: Draft) -> None:
        """Write the notice of a draft to the outbox, as a part of the unit of work that stores it.

        There is none if its API's version stays the same.
        """
        if (notice := self._notice(draft)) is not None:
            await self._outbox.write([notice])

    def tell(self, draft: Draft) -> None:
        """Publish the notice of a stored draft to the observers, if there is one."""
        if (notice := self._notice(draft)) is not None:
            self._unit_of_work.after_commit(lambda: self._notices.publish(notice))

    def _notice(self, draft: Draft) -> Notice | None:
        if draft.event in _SAME_VERSION:
            return None
        data = {
            "api_id": draft.api.id,
            "name": draft.api.name,
            "event": draft.event,
            "tools": draft.api.tools,
            "waiting": bool(draft.api.waiting),
        }
        return Notice(NoticeType.API_LEARNED, self._clock.now(), data)


class ApiChanges:
    """Stores drafts of learned APIs, and deletes APIs, each in one unit of work."""

    def __init__(
        self,
        apis: LearnedApis,
        cache: ApiCache,
        waiting: WaitingDiffs,
        credential_store: CredentialStore,
        news: ApiNews,
        unit_of_work: UnitOfWork,
    ) -> None:
        self._apis = apis
        self._cache = cache
        self._waiting = waiting
        self._credential_store = credential_store
        self._news = news
        self._unit_of_work = unit_of_work

    async def keep(self, draft: Draft) -> None:
        """Store a draft in one transaction, and ask all workers to apply it.

        Raises:
            Conflict: the API was changed meanwhile, or its name is taken.

        """
        api = draft.api

        async def work() -> None:
            if draft.event == "learned":
                await self._apis.add(api, draft.version)
            elif draft.event in _SAME_VERSION:
                await self._apis.change(api)
            else:
                await self._apis.change(api, draft.version, draft.waiting)
            await self._credential_store.keep(api.id, draft.credentials, draft.fixed)
            await self._news.renew()
            await self._news.write(draft)

        await self._unit_of_work.run(work)
        credentials = ", with credentials" if draft.credentials is not None else ""
        _log.info("the API %s was %s: %d tools%s", api.name, draft.event, api.tools, credentials)
        self._cache.expect(api, draft.version)

    async def announce(self, draft: Draft) -> None:
        """Apply a stored draft on this worker, and publish its notice."""
        await self._news.look()
        self._news.tell(draft)

    async def take_over(self, draft: Draft) -> None:
        """Store a draft, and apply it on this worker at once.

        Raises:
            Conflict: the API was changed meanwhile, or its name is taken.

        """
        await self.keep(draft)
        await self.announce(draft)

    async def forget(self, api_id: str) -> None:
        """Delete an API, its tools and all credentials for it.

        Raises:
            NotFound: there is none.

        """

        async def work() -> None:
            await self._apis.remove(api_id)
            self._waiting.forget(api_id)
            await self._news.renew()

        await self._unit_of_work.run(work)
        _log.info("the API %s was forgotten", api_id)
        await self._news.look()
