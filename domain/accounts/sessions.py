"""The use cases of one's own sessions: list them, end one."""

import logging

from domain.accounts.callers import Callers
from domain.accounts.identity import Identity
from domain.accounts.ports import LoginSession, Sessions
from domain.shared.clock import Clock
from domain.shared.paging import Page

_log = logging.getLogger(__name__)


class SessionService:
    """Shows a person where they are logged in, and ends what they do not know."""

    def __init__(self, sessions: Sessions, callers: Callers, clock: Clock) -> None:
        self._sessions = sessions
        self._callers = callers
        self._clock = clock

    async def find(self, identity: Identity, limit: int, cursor: str | None) -> Page[LoginSession]:
        """Return the caller's sessions, the newest first.

        Raises:
            Forbidden: the caller has an API key.
            InvalidRequest: the cursor did not come from here.

        """
        identity.require_login()
        return await self._sessions.of_user(identity.user.id, self._clock.now(), limit, cursor)

    async def end(self, identity: Identity, session_id: str) -> None:
        """End one of the caller's sessions, here at once, on other workers within 5 seconds.

        Raises:
            Forbidden: the caller has an API key.
            NotFound: the caller has no such session, or it is over.

        """
        identity.require_login()
        await self._sessions.revoke_of(identity.user.id, session_id, self._clock.now())
        self._callers.forget()
        _log.info("%s ended a session of theirs", identity.user.username)
