"""Users of another identity provider: who they are here, and what they may."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from typing_extensions import override

from domain.accounts.foreign_users import ForeignCallers, ForeignUsers, limited
from domain.accounts.identity import ForeignSubject
from domain.accounts.identity_provider import ForeignClaims, IdentityProvider
from domain.accounts.users import Role, User
from domain.shared.errors import Unauthenticated
from tests.adapters.persistence.stores import NOW, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore
from tests.fakes.security import FakePasswords

SECOND = timedelta(seconds=1)


def claims(subject: str = "u-1", at: datetime = NOW, **changes: Any) -> ForeignClaims:
    who = ForeignSubject("https://login.example", subject)
    made = ForeignClaims(who, at, at + SECOND * 300, None, "ann", "Ann", "")
    return replace(made, **changes)


class Door:
    """One worker's view of the users."""

    def __init__(self, store: FakeStore | None = None) -> None:
        self.store, self.clock = store or FakeStore(), FakeClock(NOW)
        self.passwords = FakePasswords()
        self.users = ForeignUsers(
            self.store.foreign_identities,
            self.store.users,
            self.passwords,
            self.store.unit_of_work,
            self.clock,
        )

    async def everybody(self) -> list[User]:
        return list((await self.store.users.page(100, None)).items)


@pytest.fixture
def door() -> Door:
    return Door()


async def test_a_user_is_made_at_first_sight_and_known_from_then_on(door: Door) -> None:
    seen = await door.users.seen(claims(email="ann@x.org"))
    assert (seen.username, seen.email, seen.full_name) == ("ann", "ann@x.org", "Ann")
    assert seen.role is Role.USER
    renamed = claims(username="anna", email="anna@x.org", full_name="Anna")
    assert await door.users.seen(renamed) == seen
    assert await Door(door.store).users.seen(renamed) == seen
    assert await door.everybody() == [seen]


async def test_another_subject_or_issuer_is_another_user(door: Door) -> None:
    first = await door.users.seen(claims(email="ann@x.org"))
    second = await door.users.seen(claims("u-2", email="ann@x.org"))
    elsewhere = ForeignSubject("https://other.example", "u-1")
    third = await door.users.seen(claims(who=elsewhere))
    assert len({first.id, second.id, third.id}) == 3
    assert len({each.username for each in await door.everybody()}) == 3
    assert second.email.endswith("@oidc.invalid")
    assert second.username.startswith("ann-")


@pytest.mark.parametrize("name", ["ann", "ANN", "ann@evil.example", "ann@x.org"])
async def test_nobody_becomes_a_local_user_by_a_name(door: Door, name: str) -> None:
    local = replace(a_user("ann"), role=Role.ADMIN)
    hashed = await door.passwords.hash("a long password")
    await door.store.users.add(local, hashed)
    seen = await door.users.seen(claims(username=name, email=local.email))
    assert seen.id != local.id
    assert seen.role is Role.USER
    assert seen.email != local.email
    for login in (local.username, local.email):  # they log in as before
        assert await door.store.users.by_login(login) == (local, hashed)


async def test_a_name_that_looks_like_an_address_takes_nobody_elses(door: Door) -> None:
    seen = await door.users.seen(claims(username="bob@x.org"))
    assert seen.username == "bob"
    assert await door.store.users.by_login("bob@x.org") is None


@pytest.mark.parametrize("name", ["", "@", "<script>", "a b\n", "-.-", "ü" * 300])
async def test_a_name_is_made_of_what_there_is(door: Door, name: str) -> None:
    seen = await door.users.seen(claims(username=name, full_name=""))
    assert 0 < len(seen.username) <= 64
    assert not {*seen.username} & {*"@<> \n"}
    assert seen.full_name


async def test_nobody_can_log_in_with_a_password(door: Door) -> None:
    seen = await door.users.seen(claims())
    record = await door.store.users.by_login(seen.username)
    assert record is not None
    assert not await door.passwords.verify("", record[1])


async def test_two_requests_at_once_make_one_user(door: Door) -> None:
    both = door, Door(door.store)
    seen = await asyncio.gather(*(each.users.seen(claims()) for each in both))
    assert seen[0] == seen[1]
    assert await door.everybody() == [seen[0]]


async def test_a_name_that_somebody_takes_meanwhile_is_no_failure(door: Door) -> None:
    hashing = door.passwords.hash

    async def slowly(password: str) -> str:
        await door.store.users.add(a_user("ann"), "hash")
        return await hashing(password)

    real = door.store.users.by_login

    async def free(_login: str) -> None:  # as it was when the name was looked up
        return None

    door.passwords.hash = slowly  # type: ignore[method-assign]
    door.store.users.by_login = free  # type: ignore[method-assign, assignment]
    seen = await door.users.seen(claims())
    door.store.users.by_login = real  # type: ignore[method-assign]
    assert seen.username.startswith("ann-")


async def test_the_claim_decides_the_role_at_each_sight(door: Door) -> None:
    assert (await door.users.seen(claims(role=Role.OPERATOR))).role is Role.OPERATOR
    promoted = await door.users.seen(claims(at=NOW + SECOND, role=Role.ADMIN))
    assert promoted.role is Role.ADMIN
    demoted = await door.users.seen(claims(at=NOW + SECOND * 2, role=Role.USER))
    assert demoted.role is Role.USER
    assert [each.role for each in await door.everybody()] == [Role.USER]


async def test_an_older_token_does_not_undo_a_demotion(door: Door) -> None:
    old = claims(role=Role.ADMIN)
    await door.users.seen(old)
    await door.users.seen(claims(at=NOW + SECOND, role=Role.USER))
    assert (await door.users.seen(old)).role is Role.USER
    assert (await Door(door.store).users.seen(old)).role is Role.USER


async def test_a_token_allows_no_more_than_its_own_role(door: Door) -> None:
    old = claims(role=Role.USER)
    await door.users.seen(old)
    await door.users.seen(claims(at=NOW + SECOND, role=Role.ADMIN))
    assert (await door.users.seen(old)).role is Role.USER
    assert [each.role for each in await door.everybody()] == [Role.ADMIN]


async def test_where_no_claim_decides_the_role_is_the_one_given_here(door: Door) -> None:
    seen = await door.users.seen(claims())
    await door.store.users.set_role(seen.id, Role.OPERATOR)
    door.users.forget()
    assert (await door.users.seen(claims())).role is Role.OPERATOR
    assert limited(seen, Role.ADMIN) == seen


async def test_nothing_is_written_for_a_user_who_is_known(door: Door) -> None:
    await door.users.seen(claims(role=Role.USER))
    door.store.users.set_role = None  # type: ignore[method-assign, assignment]
    door.store.foreign_identities.decide_role = None  # type: ignore[method-assign, assignment]
    for number in range(3):
        await door.users.seen(claims(at=NOW + SECOND * number, role=Role.USER))


async def test_a_disabled_user_is_refused(door: Door) -> None:
    seen = await door.users.seen(claims())
    await door.store.users.set_disabled(seen.id, NOW)
    door.clock.advance(SECOND * 6)
    with pytest.raises(Unauthenticated, match="disabled"):
        await door.users.seen(claims())
    with pytest.raises(Unauthenticated, match="disabled"):
        await door.users.still(claims().who)


async def test_who_is_gone_is_not_still_there(door: Door) -> None:
    seen = await door.users.seen(claims())
    assert await door.users.still(claims().who) == seen
    await door.store.users.remove(seen.id)
    door.users.forget()
    with pytest.raises(Unauthenticated):
        await door.users.still(claims().who)


class OneToken(IdentityProvider):
    """A provider of one token."""

    def __init__(self, says: ForeignClaims) -> None:
        self.says = says

    @override
    def issued(self, token: str) -> bool:
        return token == "token"

    @override
    async def read(self, token: str) -> ForeignClaims:
        return self.says


async def test_a_stream_goes_on_while_its_token_and_its_user_are_good(door: Door) -> None:
    callers = ForeignCallers(OneToken(claims(role=Role.OPERATOR)), door.users, door.clock)
    identity = await callers.recognise("token")
    who = identity.foreign
    assert who == claims().who
    assert await callers.recheck(identity, who) == identity
    await door.store.users.set_role(identity.user.id, Role.USER)
    callers.forget()
    assert (await callers.recheck(identity, who)).user.role is Role.USER
    await door.store.users.set_role(identity.user.id, Role.ADMIN)
    callers.forget()
    assert (await callers.recheck(identity, who)).user.role is Role.OPERATOR
    door.clock.advance(SECOND * 300)
    with pytest.raises(Unauthenticated, match="expired"):
        await callers.recheck(identity, who)
