"""How a lost password is replaced: once, by a token of an administrator's."""

import asyncio
from datetime import timedelta

import pytest

from domain.accounts.users import Role, User
from domain.shared.errors import Forbidden, InvalidRequest, NotFound, Unauthenticated
from tests.adapters.persistence.stores import NOW, UNKNOWN
from tests.domain.accounts.office import UserOffice
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore

NEW = "quite another one"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def office(clock: FakeClock) -> UserOffice:
    return UserOffice(FakeStore(), clock)


@pytest.fixture
async def root(office: UserOffice) -> User:
    return await office.user("root", Role.ADMIN)


async def test_a_token_gives_one_new_password_and_ends_all_sessions(
    office: UserOffice, root: User
) -> None:
    ann = await office.authentication.register("ann@x.org", "Ann", "a long password")
    await office.callers.recognise(ann.access_token)
    token, end = await office.passwords.allow_reset(root, ann.user.id)
    assert end == NOW + timedelta(hours=1)
    assert await office.store.password_resets.get(token) is None  # only its fingerprint is

    done = await asyncio.gather(
        *(office.passwords.reset(token, f"{NEW} {number}") for number in range(3)),
        return_exceptions=True,
    )

    assert [each for each in done if not isinstance(each, Unauthenticated)] == [ann.user]
    with pytest.raises(Unauthenticated):
        await office.callers.recognise(ann.access_token)
    with pytest.raises(Unauthenticated):
        await office.authentication.login("ann@x.org", "a long password")
    await office.authentication.login("ann@x.org", f"{NEW} {done.index(ann.user)}")


async def test_a_later_token_takes_the_place_of_the_one_before(
    office: UserOffice, root: User
) -> None:
    ann = await office.user("ann")
    first, _ = await office.passwords.allow_reset(root, ann.id)
    second, _ = await office.passwords.allow_reset(root, ann.id)
    with pytest.raises(Unauthenticated):
        await office.passwords.reset(first, NEW)
    assert await office.passwords.reset(second, NEW) == ann


async def test_a_token_ends(office: UserOffice, root: User, clock: FakeClock) -> None:
    ann = await office.user("ann")
    token, _ = await office.passwords.allow_reset(root, ann.id)
    clock.advance(timedelta(hours=1))
    for given in (token, "made up", ""):
        with pytest.raises(Unauthenticated, match="administrator"):
            await office.passwords.reset(given, NEW)


async def test_a_password_that_is_none_does_not_use_the_token_up(
    office: UserOffice, root: User
) -> None:
    ann = await office.user("ann")
    token, _ = await office.passwords.allow_reset(root, ann.id)
    with pytest.raises(InvalidRequest):
        await office.passwords.reset(token, "x" * 2000)
    assert await office.passwords.reset(token, NEW) == ann


async def test_who_may_let_set_a_new_password(office: UserOffice, root: User) -> None:
    ann = await office.user("ann")
    with pytest.raises(Forbidden):
        await office.passwords.allow_reset(ann, root.id)
    with pytest.raises(NotFound):
        await office.passwords.allow_reset(root, UNKNOWN)
