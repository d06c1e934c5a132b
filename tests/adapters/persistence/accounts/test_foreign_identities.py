"""Who of other providers' users is which user: the contract of whoever keeps it."""

import asyncio
from dataclasses import replace

import pytest

from adapters.persistence import Store
from domain.accounts.foreign_users import ForeignUsers
from domain.accounts.identity import ForeignSubject
from domain.accounts.identity_provider import ForeignClaims, ForeignUser
from domain.accounts.users import Role
from domain.shared.errors import Conflict
from tests.adapters.persistence.stores import MINUTE, NOW, UNKNOWN, a_user
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakePasswords

WHO = ForeignSubject("https://login.example", "u-1")


async def test_a_user_is_found_by_issuer_and_subject(store: Store) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    await store.foreign_identities.add(WHO, ann.id, NOW)
    assert await store.foreign_identities.find(WHO) == ForeignUser(ann, NOW)
    for other in (replace(WHO, issuer="https://x.example"), replace(WHO, subject="U-1")):
        assert await store.foreign_identities.find(other) is None
    with pytest.raises(Conflict):
        await store.foreign_identities.add(WHO, ann.id, NOW)


async def test_a_disabled_user_is_found_and_a_removed_one_is_not(store: Store) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    await store.foreign_identities.add(WHO, ann.id, NOW)
    assert await store.foreign_identities.alive([ann.id, UNKNOWN]) == {ann.id}
    await store.users.set_disabled(ann.id, NOW)
    assert await store.foreign_identities.alive([ann.id]) == set()
    found = await store.foreign_identities.find(WHO)
    assert found is not None
    assert found.user.is_disabled
    await store.users.remove(ann.id)
    assert await store.foreign_identities.find(WHO) is None


async def test_the_latest_token_decides_the_role(store: Store) -> None:
    ann = a_user()
    await store.users.add(ann, "hash")
    await store.foreign_identities.add(WHO, ann.id, NOW)
    assert await store.foreign_identities.decide_role(WHO, NOW) is None
    assert await store.foreign_identities.decide_role(WHO, NOW + MINUTE) == ann.id
    assert await store.foreign_identities.decide_role(WHO, NOW) is None
    assert await store.foreign_identities.find(WHO) == ForeignUser(ann, NOW + MINUTE)
    unknown = replace(WHO, subject="u-2")
    assert await store.foreign_identities.decide_role(unknown, NOW) is None


async def test_of_many_first_sights_at_once_one_makes_the_user(store: Store) -> None:
    claims = ForeignClaims(WHO, NOW, NOW + MINUTE, Role.USER, "ann", "Ann", "ann@x.org")
    workers = [
        ForeignUsers(
            store.foreign_identities,
            store.users,
            FakePasswords(),
            store.unit_of_work,
            FakeClock(NOW),
        )
        for _ in range(6)
    ]
    seen = await asyncio.gather(*(each.seen(claims) for each in workers))
    assert len({each.id for each in seen}) == 1
    assert [each.id for each in (await store.users.page(10, None)).items] == [seen[0].id]
