"""Sessions, and tokens for a new password, in memory."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from domain.accounts.ports import LoginSession, PasswordReset, PasswordResets, Sessions
from domain.accounts.users import User
from domain.shared.errors import NotFound
from domain.shared.list_cursors import read_place, write_place
from domain.shared.paging import Page
from tests.fakes.memory import Memory, StoredSession


class FakeSessions(Sessions):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, session: LoginSession) -> None:
        self._memory.sessions[session.id] = StoredSession(session)

    @override
    async def get(self, session_id: str, now: datetime) -> tuple[LoginSession, User] | None:
        stored = self._memory.sessions.get(session_id)
        if stored is None or stored.revoked or stored.session.expires_at <= now:
            return None
        user, _ = self._memory.users[stored.session.user_id]
        return None if user.is_disabled else (stored.session, user)

    @override
    async def of_user(
        self, user_id: str, now: datetime, limit: int, cursor: str | None
    ) -> Page[LoginSession]:
        found = sorted(
            (
                each.session
                for each in self._memory.sessions.values()
                if each.session.user_id == user_id
                and not each.revoked
                and each.session.expires_at > now
            ),
            key=lambda each: (each.created_at, each.id),
            reverse=True,
        )
        if cursor is not None:
            place = read_place("logins", cursor)
            found = [each for each in found if (each.created_at, each.id) < place]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("logins", page[-1].created_at, page[-1].id))

    @override
    async def alive(self, session_ids: Collection[str], now: datetime) -> Collection[str]:
        return {each for each in session_ids if await self.get(each, now) is not None}

    @override
    async def touch(self, session_id: str, at: datetime) -> None:
        stored = self._memory.sessions[session_id]
        used = replace(stored.session, last_used_at=at)
        self._memory.sessions[session_id] = replace(stored, session=used)

    @override
    async def rotate(
        self, fingerprint: str, replacement: str, now: datetime, expires_at: datetime
    ) -> LoginSession | None:
        for stored in list(self._memory.sessions.values()):
            session = stored.session
            if stored.revoked:
                continue
            if session.fingerprint == fingerprint and session.expires_at > now:
                until = min(expires_at, session.ends_at or expires_at)
                changed = replace(session, fingerprint=replacement, expires_at=until)
                self._memory.sessions[session.id] = StoredSession(changed, previous=fingerprint)
                return changed
            if stored.previous == fingerprint:
                self._memory.sessions[session.id] = replace(stored, revoked=True)
        return None

    @override
    async def revoke(self, session_id: str, now: datetime) -> None:
        if stored := self._memory.sessions.get(session_id):
            self._memory.sessions[session_id] = replace(stored, revoked=True)

    @override
    async def revoke_of(self, user_id: str, session_id: str, now: datetime) -> None:
        stored = self._memory.sessions.get(session_id)
        is_alive = stored is not None and not stored.revoked and stored.session.expires_at > now
        if stored is None or not is_alive or stored.session.user_id != user_id:
            raise NotFound("There is no such session.")
        await self.revoke(session_id, now)

    @override
    async def revoke_all(self, user_id: str, now: datetime, *, kept: str | None = None) -> None:
        for session_id, stored in list(self._memory.sessions.items()):
            if stored.session.user_id == user_id and session_id != kept:
                await self.revoke(session_id, now)


class FakePasswordResets(PasswordResets):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def put(self, reset: PasswordReset) -> None:
        kept = self._memory.password_resets.items()
        others = {k: each for k, each in kept if each.user_id != reset.user_id}
        self._memory.password_resets = others | {reset.fingerprint: reset}

    @override
    async def get(self, fingerprint: str) -> PasswordReset | None:
        return self._memory.password_resets.get(fingerprint)

    @override
    async def take(self, fingerprint: str) -> bool:
        return self._memory.password_resets.pop(fingerprint, None) is not None
