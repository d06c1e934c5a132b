"""Who of another provider's users is which user, in memory."""

from collections.abc import Collection
from datetime import datetime

from typing_extensions import override

from domain.accounts.identity import ForeignSubject
from domain.accounts.identity_provider import ForeignIdentities, ForeignUser
from domain.shared.errors import Conflict
from tests.fakes.memory import Memory


class FakeForeignIdentities(ForeignIdentities):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def find(self, who: ForeignSubject) -> ForeignUser | None:
        if who not in self._memory.foreign_identities:
            return None
        user_id, role_at = self._memory.foreign_identities[who]
        return ForeignUser(self._memory.users[user_id][0], role_at)

    @override
    async def add(self, who: ForeignSubject, user_id: str, role_at: datetime) -> None:
        if who in self._memory.foreign_identities:
            raise Conflict("This exists already.")
        self._memory.foreign_identities[who] = user_id, role_at

    @override
    async def alive(self, user_ids: Collection[str]) -> Collection[str]:
        known = {user_id for user_id, _ in self._memory.foreign_identities.values()}
        return {each for each in known & {*user_ids} if not self._memory.users[each][0].is_disabled}

    @override
    async def decide_role(self, who: ForeignSubject, at: datetime) -> str | None:
        user_id, role_at = self._memory.foreign_identities.get(who, ("", at))
        if role_at >= at:
            return None
        self._memory.foreign_identities[who] = user_id, at
        return user_id
