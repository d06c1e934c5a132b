"""A ticket lets somebody in once, for seconds, and only where it was asked for."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.accounts.authentication import Authentication
from domain.accounts.identity import Identity
from domain.accounts.tickets import LIFE, TicketService
from domain.shared.errors import Unauthenticated
from tests.domain.builders import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore
from tests.fakes.security import FakePasswords, FakeTokens

PATH = "/api/runs/x/events"


@dataclass
class Door:
    store: FakeStore
    clock: FakeClock
    authentication: Authentication
    tickets: TicketService
    ann: Identity


@pytest.fixture
async def door() -> Door:
    store, clock = FakeStore(), FakeClock(NOW)
    authentication = Authentication(
        store.users,
        store.sessions,
        FakePasswords(),
        FakeTokens(clock),
        store.unit_of_work,
        clock,
    )
    grant = await authentication.register("ann@x.org", "Ann", "a long password")
    ann = await authentication.recognise(grant.access_token)
    tickets = TicketService(store.tickets, authentication, clock)
    return Door(store, clock, authentication, tickets, ann)


async def test_who_comes_with_a_ticket_is_who_asked_for_it(door: Door) -> None:
    secret = await door.tickets.issue(door.ann, PATH)

    assert await door.tickets.redeem(secret, PATH) == door.ann
    assert secret not in repr(door.store.memory.tickets)


async def test_a_ticket_is_good_once(door: Door) -> None:
    secret = await door.tickets.issue(door.ann, PATH)
    await door.tickets.redeem(secret, PATH)

    with pytest.raises(Unauthenticated):
        await door.tickets.redeem(secret, PATH)


async def test_a_ticket_is_for_one_path_and_spent_on_any(door: Door) -> None:
    secret = await door.tickets.issue(door.ann, PATH)

    for path in ("/ws", PATH):
        with pytest.raises(Unauthenticated):
            await door.tickets.redeem(secret, path)


async def test_a_ticket_lives_for_seconds(door: Door) -> None:
    secret = await door.tickets.issue(door.ann, PATH)
    door.clock.advance(LIFE)

    with pytest.raises(Unauthenticated):
        await door.tickets.redeem(secret, PATH)
    assert timedelta(minutes=1) >= LIFE


async def test_nothing_is_no_ticket(door: Door) -> None:
    for secret in ("", "forged", "\0", "\ud800", "x" * 100_000):
        with pytest.raises(Unauthenticated):
            await door.tickets.redeem(secret, PATH)


async def test_who_logged_out_has_no_use_for_a_ticket(door: Door) -> None:
    secret = await door.tickets.issue(door.ann, PATH)
    await door.authentication.logout(door.ann)

    with pytest.raises(Unauthenticated):
        await door.tickets.redeem(secret, PATH)


async def test_a_ticket_gives_no_more_time_than_the_token_that_bought_it(door: Door) -> None:
    secret = await door.tickets.issue(door.ann, PATH)
    identity = await door.tickets.redeem(secret, PATH)
    assert identity.expires_at == door.ann.expires_at

    door.clock.advance(identity.expires_at - NOW)
    with pytest.raises(Unauthenticated):
        await door.authentication.of_session(identity.session_id, identity.expires_at)
