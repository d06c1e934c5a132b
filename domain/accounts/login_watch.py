"""The watch over logins that streams and sockets last on: who is logged out hears no more."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from domain.accounts.identity import Identity
from domain.accounts.identity_provider import ForeignIdentities
from domain.accounts.ports import ApiKeys, Sessions
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import Unauthenticated
from domain.shared.log_context import failures_logged

WATCH_SECONDS: Final = 4.0  # so that with the look itself a revoked login lasts 5 at most

_log = logging.getLogger(__name__)


class WatchedLogin:
    """A login that something lasts on; another may take its place, as after a renewal."""

    def __init__(self, identity: Identity, bound: asyncio.Timeout) -> None:
        self.identity = identity
        self._bound = bound

    def end(self) -> None:
        """Interrupt what lasts on it."""
        self._bound.reschedule(0)


class LoginWatch:
    """Looks every few seconds which logins and API keys that are in use are over.

    All of a worker's streams and sockets cost three queries together, one for each kind.
    """

    def __init__(
        self,
        sessions: Sessions,
        keys: ApiKeys,
        identities: ForeignIdentities,
        clock: Clock,
        *,
        seconds: float = WATCH_SECONDS,
    ) -> None:
        self._sessions = sessions
        self._keys = keys
        self._identities = identities
        self._clock = clock
        self._seconds = seconds
        self._watched: set[WatchedLogin] = set()
        self._background = BackgroundTask()

    async def start(self) -> None:
        """Begin to look."""
        self._background.start(self._keep_looking())

    async def stop(self) -> None:
        """Look no more; what lasts goes on."""
        await self._background.stop()

    @asynccontextmanager
    async def during(self, identity: Identity) -> AsyncGenerator[WatchedLogin, None]:
        """Run the block until its end, or until the login is revoked, which interrupts it.

        The end of an access token interrupts nothing: on a socket it can be renewed.

        Raises:
            Unauthenticated: the login was revoked, or its user is disabled.

        """
        bound = asyncio.timeout(None)
        try:
            async with bound:
                watched = WatchedLogin(identity, bound)
                self._watched.add(watched)
                try:
                    yield watched
                finally:
                    self._watched.discard(watched)
        except TimeoutError:
            if not bound.expired():
                raise
            raise Unauthenticated("The login is over. Log in again.") from None

    async def look(self) -> None:
        """End what lasts on logins and API keys that are over."""
        watched, now = list(self._watched), self._clock.now()
        identities = [each.identity for each in watched]
        keys = {each.key for each in identities if each.key is not None}
        logins = {each.session_id for each in identities if each.session_id}
        users = {each.user.id for each in identities if each.foreign is not None}
        alive = {
            *(await self._keys.alive(keys, now) if keys else ()),
            *(await self._sessions.alive(logins, now) if logins else ()),
            *(await self._identities.alive(users) if users else ()),
        }
        for each in watched:
            identity = each.identity
            name = identity.key or identity.session_id or identity.user.id
            if name not in alive and each in self._watched:
                each.end()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            with failures_logged(_log, "logins were not looked at"):
                await self.look()
