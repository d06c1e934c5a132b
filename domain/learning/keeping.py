"""What becomes of drafts: they are kept, every worker uses them, and notice is given of them."""

import logging
from typing import Final

from domain.learning.api import PLUGIN
from domain.learning.cache import ApiShelf
from domain.learning.credential_store import ApiKeyring
from domain.learning.drafts import Draft
from domain.learning.ports import LearnedApis
from domain.learning.waiting import WaitingDiffs
from domain.notifications.notices import Notice, NoticeType
from domain.notifications.ports import Notices
from domain.plugins.ports import Switches
from domain.plugins.service import PluginDesk
from domain.shared.clock import Clock
from domain.shared.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)

_SAME_VERSION: Final = ("changed", "unchanged")  # what is kept beside the document's version


class ApiNews:
    """Lets workers, and who watches, know that learned APIs changed."""

    def __init__(
        self,
        switches: Switches,
        desk: PluginDesk,
        notices: Notices,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._switches = switches
        self._desk = desk
        self._notices = notices
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def renew(self) -> None:
        """Ask every worker to look at the learned APIs again; inside of a unit of work, with it."""
        await self._switches.renew(PLUGIN)

    async def look(self) -> None:
        """Let this worker look now."""
        await self._desk.look()

    def tell(self, draft: Draft) -> None:
        """Give notice of a draft that was kept, unless its API still is of the same version."""
        if draft.event in _SAME_VERSION:
            return
        data = {
            "api_id": draft.api.id,
            "name": draft.api.name,
            "event": draft.event,
            "tools": draft.api.tools,
            "waiting": bool(draft.api.waiting),
        }
        notice = Notice(NoticeType.API_LEARNED, self._clock.now(), data)
        self._unit_of_work.after_commit(lambda: self._notices.publish(notice))


class ApiChanges:
    """Keeps drafts of learned APIs, and forgets APIs, each in one unit of work."""

    def __init__(
        self,
        apis: LearnedApis,
        shelf: ApiShelf,
        waiting: WaitingDiffs,
        keyring: ApiKeyring,
        news: ApiNews,
        unit_of_work: UnitOfWork,
    ) -> None:
        self._apis = apis
        self._shelf = shelf
        self._waiting = waiting
        self._keyring = keyring
        self._news = news
        self._unit_of_work = unit_of_work

    async def keep(self, draft: Draft) -> None:
        """Keep a draft: all of it or nothing; every worker will look at it.

        Raises:
            Conflict: somebody else changed the API meanwhile, or took its name.

        """
        api = draft.api

        async def work() -> None:
            if draft.event == "learned":
                await self._apis.add(api, draft.version)
            elif draft.event in _SAME_VERSION:
                await self._apis.change(api)
            else:
                await self._apis.change(api, draft.version, draft.waiting)
            await self._keyring.keep(api.id, draft.credentials, draft.fixed)
            await self._news.renew()

        await self._unit_of_work.run(work)
        credentials = ", with credentials" if draft.credentials is not None else ""
        _log.info("the API %s was %s: %d tools%s", api.name, draft.event, api.tools, credentials)
        self._shelf.expect(api, draft.version)

    async def announce(self, draft: Draft) -> None:
        """Use on this worker what was kept, and give notice of it."""
        await self._news.look()
        self._news.tell(draft)

    async def take_over(self, draft: Draft) -> None:
        """Keep a draft, and use it on this worker at once.

        Raises:
            Conflict: somebody else changed the API meanwhile, or took its name.

        """
        await self.keep(draft)
        await self.announce(draft)

    async def forget(self, api_id: str) -> None:
        """Forget an API, its tools and all credentials for it.

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
