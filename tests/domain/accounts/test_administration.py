"""How administrators look after users."""

import pytest

from domain.accounts.administration import Accounts
from domain.accounts.users import Role
from domain.shared.errors import Conflict, NotFound
from tests.adapters.persistence.stores import a_session, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore


class Office:
    """Accounts over a store with an administrator and a user."""

    def __init__(self) -> None:
        self.store = FakeStore()
        store = self.store
        self.accounts = Accounts(store.users, store.sessions, store.unit_of_work, FakeClock())

    async def open(self) -> "Office":
        for name in ("root", "ann"):
            await self.store.users.add(a_user(name), "hash")
        await self.accounts.change_role("root", Role.ADMIN)
        return self


@pytest.fixture
async def office() -> Office:
    return await Office().open()


async def test_the_last_administrator_stays(office: Office) -> None:
    accounts = office.accounts
    for change in (
        accounts.change_role("root", Role.OPERATOR),
        accounts.disable("root"),
        accounts.remove("root"),
    ):
        with pytest.raises(Conflict, match="last administrator"):
            await change
    assert (await accounts.change_role("root", Role.ADMIN)).role is Role.ADMIN


async def test_a_disabled_administrator_is_none_to_count_on(office: Office) -> None:
    accounts = office.accounts
    await accounts.change_role("ann", Role.ADMIN)
    await accounts.disable("root")
    with pytest.raises(Conflict):
        await accounts.disable("ann")
    assert (await accounts.remove("root")).username == "root"
    with pytest.raises(NotFound):
        await accounts.enable("root")


async def test_disabling_ends_all_sessions_and_enabling_brings_none_back(office: Office) -> None:
    store, accounts = office.store, office.accounts
    found = await store.users.by_login("ann")
    assert found is not None
    session = a_session(found[0])
    await store.sessions.add(session)

    assert (await accounts.disable("ann")).is_disabled
    assert not (await accounts.enable("ann")).is_disabled

    assert await store.sessions.user(session.id, session.created_at) is None


async def test_nobody_is_looked_after(office: Office) -> None:
    for change in (
        office.accounts.change_role("bob", Role.USER),
        office.accounts.disable("bob"),
        office.accounts.enable("bob"),
        office.accounts.remove("bob"),
    ):
        with pytest.raises(NotFound, match="bob"):
            await change
