"""The contract of `Tickets`."""

import asyncio

import pytest

from adapters.persistence import Store
from domain.accounts.ports import LoginSession, Ticket
from domain.accounts.users import User
from tests.adapters.persistence.stores import MINUTE, NOW, a_session, a_user

PATH = "/api/runs/x/events"


@pytest.fixture
async def user(store: Store) -> User:
    user = a_user()
    await store.users.add(user, "hash")
    return user


@pytest.fixture
async def session(store: Store, user: User) -> LoginSession:
    session = a_session(user)
    await store.sessions.add(session)
    return session


def a_ticket(session: LoginSession, fingerprint: str = "t1", minutes: int = 1) -> Ticket:
    return Ticket(fingerprint, session.id, PATH, NOW + 9 * MINUTE, NOW + minutes * MINUTE)


async def test_a_ticket_is_taken_once(store: Store, session: LoginSession) -> None:
    one, two = a_ticket(session), a_ticket(session, "t2")
    for ticket in (one, two):
        await store.tickets.add(ticket, NOW)

    assert await store.tickets.take("t1") == one
    assert await store.tickets.take("t1") is None
    assert await store.tickets.take("unknown") is None
    assert await store.tickets.take("t2") == two


async def test_of_many_at_once_one_gets_it(store: Store, session: LoginSession) -> None:
    ticket = a_ticket(session)
    await store.tickets.add(ticket, NOW)

    taken = await asyncio.gather(*[store.tickets.take("t1") for _ in range(9)])

    assert sorted(taken, key=lambda each: each is None) == [ticket, *[None] * 8]


async def test_those_that_expired_are_forgotten(store: Store, session: LoginSession) -> None:
    old, good = a_ticket(session), a_ticket(session, "t2", minutes=3)
    await store.tickets.add(old, NOW)
    await store.tickets.add(good, NOW)

    await store.tickets.add(a_ticket(session, "t3", minutes=3), NOW + MINUTE)

    assert await store.tickets.take("t1") is None
    assert await store.tickets.take("t2") == good
