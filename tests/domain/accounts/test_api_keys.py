"""API keys: their form, and who they let in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts.api_keys import Scope, is_api_key, is_well_formed, new_key
from domain.accounts.callers import ApiKeyService
from domain.accounts.secrets import fingerprint
from domain.shared.errors import Conflict, Forbidden, InvalidRequest, Unauthenticated
from tests.adapters.persistence.stores import NOW, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore

CHAT = frozenset({Scope.CHAT})


class Program:
    """A user's keys, on one worker."""

    def __init__(self) -> None:
        self.store, self.clock, self.ann = FakeStore(), FakeClock(NOW), a_user()
        self.service = ApiKeyService(self.store.program_keys, self.clock)

    async def open(self) -> "Program":
        await self.store.users.add(self.ann, "hash")
        return self


@pytest.fixture
async def program() -> Program:
    return await Program().open()


def test_a_key_is_told_by_its_form() -> None:
    key = new_key()
    assert (len(key), key[:4]) == (40, "pto_")
    assert is_api_key(key)
    assert is_well_formed(key)
    assert not is_api_key("eyJ0eXAi")
    assert new_key() != key


@given(place=st.integers(4, 39), letter=st.sampled_from("0aZ_é"), cut=st.integers(0, 39))
def test_a_typo_is_seen_without_the_database(place: int, letter: str, cut: int) -> None:
    key = new_key()
    changed = key[:place] + letter + key[place + 1 :]
    assert is_well_formed(changed) is (changed == key)
    assert not is_well_formed(key[:cut])
    assert not is_well_formed(key + "0")


async def test_a_key_is_kept_as_its_fingerprint_and_lets_its_user_in(program: Program) -> None:
    record, key = await program.service.make(program.ann, "report", CHAT, None)
    assert record.fingerprint == fingerprint(key)
    assert key.startswith(record.beginning)
    assert key.endswith(record.ending)
    identity = await program.service.recognise(key)
    assert (identity.user, identity.scopes) == (replace(program.ann, key_id=record.id), CHAT)
    identity.require_scope(Scope.CHAT)
    with pytest.raises(Forbidden, match="lacks the scope learn"):
        identity.require_scope(Scope.LEARN)
    with pytest.raises(Forbidden, match="needs a login"):
        identity.require_login()


async def test_the_scope_admin_covers_the_others(program: Program) -> None:
    scopes = frozenset({Scope.ADMIN})
    _, key = await program.service.make(program.ann, "all", scopes, None)
    (await program.service.recognise(key)).require_scope(Scope.LEARN)


@pytest.mark.parametrize("key", ["pto_", "pto_" + "0" * 36, f"{new_key()}x", new_key()])
async def test_what_is_no_key_lets_nobody_in(program: Program, key: str) -> None:
    with pytest.raises(Unauthenticated):
        await program.service.recognise(key)


async def test_a_key_ends(program: Program) -> None:
    end = NOW + timedelta(days=1)
    _, key = await program.service.make(program.ann, "report", CHAT, end)
    assert (await program.service.recognise(key)).expires_at == end
    program.clock.advance(timedelta(days=1))
    with pytest.raises(Unauthenticated, match="over"):
        await program.service.recognise(key)
    with pytest.raises(InvalidRequest):
        await program.service.make(program.ann, "late", CHAT, end)


async def test_a_revoked_key_is_over_here_at_once_and_elsewhere_soon(program: Program) -> None:
    record, key = await program.service.make(program.ann, "report", CHAT, None)
    elsewhere = ApiKeyService(program.store.program_keys, program.clock)
    await elsewhere.recognise(key)
    await program.service.revoke(program.ann, record.id)
    with pytest.raises(Unauthenticated):
        await program.service.recognise(key)
    await elsewhere.recognise(key)
    program.clock.advance(timedelta(seconds=5))
    with pytest.raises(Unauthenticated):
        await elsewhere.recognise(key)


async def test_its_use_is_not_written_at_each_request(program: Program) -> None:
    record, key = await program.service.make(program.ann, "report", CHAT, None)
    written = list[str]()
    touch = program.store.program_keys.touch

    async def counted(key_id: str, at: object) -> None:
        written.append(key_id)
        await touch(key_id, at)  # type: ignore[arg-type]  # as it is given

    program.store.program_keys.touch = counted  # type: ignore[method-assign]
    for _ in range(30):
        program.clock.advance(timedelta(seconds=4))
        await program.service.recognise(key)
    assert 1 <= len(written) <= 3  # in two minutes
    [listed] = await program.service.all(program.ann)
    assert listed.id == record.id
    assert listed.last_used_at is not None


async def test_a_user_has_only_so_many(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.accounts.callers.MOST_KEYS", 1)
    await program.service.make(program.ann, "one", CHAT, None)
    with pytest.raises(Conflict, match="revoke one first"):
        await program.service.make(program.ann, "two", CHAT, None)
