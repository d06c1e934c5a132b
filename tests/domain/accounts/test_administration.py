"""How administrators look after users."""

from datetime import timedelta

import pytest

from domain.accounts.api_keys import Scope
from domain.accounts.users import Role, User
from domain.shared.errors import Conflict, NotFound, Unauthenticated
from tests.adapters.persistence.stores import UNKNOWN, a_session, user_of
from tests.domain.accounts.office import UserOffice
from tests.fakes.clock import FakeClock
from tests.fakes.persistence import FakeStore


@pytest.fixture
def office() -> UserOffice:
    return UserOffice(FakeStore(), FakeClock())


@pytest.fixture
async def root(office: UserOffice) -> User:
    return await office.user("root", Role.ADMIN)


@pytest.fixture
async def ann(office: UserOffice) -> User:
    return await office.user("ann")


async def test_the_last_administrator_stays(office: UserOffice, root: User, ann: User) -> None:
    users = office.administration
    for change in (
        users.change(root, root.id, role=Role.OPERATOR),
        users.change(root, root.id, is_disabled=True),
        users.change(root, root.id, role=Role.ADMIN, is_disabled=True),
        users.remove(root, root.id),
    ):
        with pytest.raises(Conflict, match="last administrator"):
            await change
    assert office.runs.cancelled == []
    assert await users.change(root, root.id, role=Role.ADMIN) == root
    assert (await users.change(root, ann.id, role=Role.OPERATOR)).role is Role.OPERATOR


async def test_a_disabled_administrator_is_none_to_count_on(
    office: UserOffice, root: User, ann: User
) -> None:
    users = office.administration
    await users.change(root, ann.id, role=Role.ADMIN)
    await users.change(root, root.id, is_disabled=True)
    with pytest.raises(Conflict):
        await users.change(root, ann.id, is_disabled=True)
    assert (await users.remove(root, root.id)).username == "root"
    with pytest.raises(NotFound):
        await users.change(root, root.id, is_disabled=False)


async def test_disabling_ends_sessions_and_runs_and_enabling_brings_none_back(
    office: UserOffice, root: User, ann: User
) -> None:
    store, users = office.store, office.administration
    session = a_session(ann)
    await store.sessions.add(session)

    assert (await users.change(root, ann.id, is_disabled=True)).is_disabled
    assert office.runs.cancelled == [ann.id]
    assert not (await users.change(root, ann.id, is_disabled=False)).is_disabled
    await users.change(root, ann.id, is_disabled=False)

    assert await user_of(store, session.id, session.created_at) is None
    assert office.runs.cancelled == [ann.id]


async def test_what_is_changed_holds_here_at_once(office: UserOffice, root: User) -> None:
    users = office.administration
    grant = await office.authentication.register("eve@x.org", "Eve", "a long password")
    await users.change(root, grant.user.id, role=Role.OPERATOR)
    eve = await office.callers.recognise(grant.access_token)
    _, key = await office.api_keys.make(eve.user, "report", frozenset({Scope.CHAT}), None)
    assert (await office.callers.recognise(key)).user.role is Role.OPERATOR

    await users.change(root, eve.user.id, role=Role.USER)

    for token in (key, grant.access_token):
        assert (await office.callers.recognise(token)).user.role is Role.USER
    await users.log_out(root, eve.user.id)
    with pytest.raises(Unauthenticated):
        await office.callers.recognise(grant.access_token)
    await office.callers.recognise(key)  # logging out is not for keys
    await users.change(root, eve.user.id, is_disabled=True)
    with pytest.raises(Unauthenticated):
        await office.callers.recognise(key)


async def test_another_worker_follows_within_five_seconds(root: User, office: UserOffice) -> None:
    clock = FakeClock()
    here = UserOffice(office.store, clock)
    there = UserOffice(office.store, clock, here.tokens)
    grant = await here.authentication.register("eve@x.org", "Eve", "a long password")
    _, key = await here.api_keys.make(grant.user, "report", frozenset({Scope.CHAT}), None)
    for token in (grant.access_token, key):
        await there.callers.recognise(token)

    await here.administration.change(root, grant.user.id, is_disabled=True)
    clock.advance(timedelta(seconds=5))

    for token in (grant.access_token, key):
        with pytest.raises(Unauthenticated):
            await there.callers.recognise(token)


async def test_what_is_deleted_is_gone(office: UserOffice, root: User, ann: User) -> None:
    users = office.administration
    removed = await users.remove(root, ann.id)
    assert (removed.username, removed.is_disabled) == ("ann", True)
    assert office.runs.cancelled == [ann.id]
    assert [each.user.username for each in (await users.find(root, 10, None)).items] == ["root"]
    for change in (
        users.get(root, ann.id),
        users.change(root, ann.id, is_disabled=False),
        users.log_out(root, ann.id),
        users.remove(root, ann.id),
        users.remove(root, UNKNOWN),
    ):
        with pytest.raises(NotFound):
            await change
