"""What lasts on a login ends with it, though nothing is sent."""

import asyncio
from datetime import timedelta

import pytest

from domain.accounts.api_keys import Scope
from domain.accounts.identity import ForeignSubject, Identity
from domain.accounts.login_clients import client_of
from domain.accounts.users import Role
from domain.shared.errors import Unauthenticated
from tests.adapters.persistence.stores import NOW
from tests.domain.accounts.office import UserOffice
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def office(clock: FakeClock) -> UserOffice:
    return UserOffice(FakeStore(), clock)


async def logged_in(office: UserOffice, name: str) -> Identity:
    grant = await office.authentication.register(f"{name}@x.org", name, "a long password")
    return await office.callers.recognise(grant.access_token)


async def last(office: UserOffice, identity: Identity) -> None:
    """Do what lasts for as long as it may."""
    async with office.login_watch.during(identity):
        await asyncio.Event().wait()


async def test_what_lasts_ends_with_its_login_or_key_alone(office: UserOffice) -> None:
    root = await office.user("root", Role.ADMIN)
    ann, bob, eve = [await logged_in(office, name) for name in ("ann", "bob", "eve")]
    record, secret = await office.api_keys.make(bob.user, "x", frozenset({Scope.CHAT}), None)
    _, kept = await office.api_keys.make(bob.user, "y", frozenset({Scope.CHAT}), None)
    identities = [
        ann,
        await office.callers.recognise(secret),
        eve,
        bob,
        await office.callers.recognise(kept),
    ]
    tasks = [asyncio.create_task(last(office, each)) for each in identities]
    await asyncio.sleep(0)
    await office.login_watch.look()
    await office.sessions.end(ann, ann.session_id)
    await office.api_keys.revoke(bob.user, record.id)
    await office.administration.change(root, eve.user.id, is_disabled=True)

    await office.login_watch.look()

    done, going_on = await asyncio.wait(tasks[:3])
    assert not going_on
    for task in done:
        with pytest.raises(Unauthenticated):
            await task
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True, True, True, False, False]
    for task in tasks[3:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await office.login_watch.look()


async def test_what_lasts_on_another_providers_token_ends_with_its_user(office: UserOffice) -> None:
    root, who = await office.user("root", Role.ADMIN), ForeignSubject("https://x.example", "u-1")
    ann = await office.user("ann")
    await office.store.foreign_identities.add(who, ann.id, NOW)
    task = asyncio.create_task(last(office, Identity(ann, "", NOW, foreign=who)))
    await asyncio.sleep(0)
    await office.login_watch.look()
    await asyncio.sleep(0)
    assert not task.done()
    await office.administration.change(root, ann.id, is_disabled=True)
    await office.login_watch.look()
    with pytest.raises(Unauthenticated):
        await task


async def test_a_renewed_login_takes_the_place_of_the_one_before(office: UserOffice) -> None:
    ann = await logged_in(office, "ann")
    grant = await office.authentication.login("ann@x.org", "a long password")
    again = await office.callers.recognise(grant.access_token)
    async with office.login_watch.during(ann) as watched:
        watched.identity = again
        await office.sessions.end(again, ann.session_id)
        await office.login_watch.look()
        await asyncio.sleep(0)


async def test_an_access_token_that_is_over_ends_nothing(
    office: UserOffice, clock: FakeClock
) -> None:
    ann = await logged_in(office, "ann")
    async with office.login_watch.during(ann):
        clock.advance(timedelta(days=2))
        await office.login_watch.look()
        await asyncio.sleep(0)


async def test_an_error_of_what_lasts_is_its_own(office: UserOffice) -> None:
    ann = await logged_in(office, "ann")
    with pytest.raises(TimeoutError, match="slow"):
        async with office.login_watch.during(ann):
            raise TimeoutError("slow")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("", ""),
        ("unix", ""),
    ],
)
def test_no_whole_address_is_kept(address: str, network: str) -> None:
    client = client_of("x" * 500, address)
    assert (client.network, client.user_agent) == (network, "x" * 200)
