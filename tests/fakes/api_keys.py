"""API keys, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from domain.accounts.api_keys import ApiKey
from domain.accounts.ports import ApiKeys
from domain.accounts.users import User
from domain.shared.errors import NotFound
from tests.fakes.memory import Memory


class FakeProgramKeys(ApiKeys):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, key: ApiKey, *, most: int) -> bool:
        if len(await self.of_user(key.user_id)) >= most:
            return False
        self._memory.program_keys[key.id] = key
        return True

    @override
    async def of_user(self, user_id: str) -> Sequence[ApiKey]:
        own = [each for each in self._memory.program_keys.values() if each.user_id == user_id]
        return sorted(own, key=lambda each: (each.created_at, each.id), reverse=True)

    @override
    async def by_fingerprint(self, fingerprint: str) -> tuple[ApiKey, User] | None:
        for key in self._memory.program_keys.values():
            user, _ = self._memory.users.get(key.user_id, (None, ""))
            if key.fingerprint == fingerprint and user is not None and not user.is_disabled:
                return key, user
        return None

    @override
    async def alive(self, fingerprints: Collection[str], now: datetime) -> Collection[str]:
        found = [await self.by_fingerprint(each) for each in fingerprints]
        return {one[0].fingerprint for one in found if one is not None and not one[0].is_over(now)}

    @override
    async def touch(self, key_id: str, at: datetime) -> None:
        if (key := self._memory.program_keys.get(key_id)) is not None:
            self._memory.program_keys[key_id] = replace(key, last_used_at=at)

    @override
    async def remove(self, user_id: str, key_id: str) -> ApiKey:
        key = self._memory.program_keys.get(key_id)
        if key is None or key.user_id != user_id:
            raise NotFound("There is no such API key.")
        return self._memory.program_keys.pop(key_id)
