"""Sign-in: a guess is limited by address and by account, before a password is hashed."""

from dataclasses import dataclass

import pytest

from domain.accounts.authentication import Authentication
from domain.accounts.sign_in import SignIn
from domain.accounts.users import Role
from domain.limits.policy import LimitReached
from domain.limits.service import RateLimits
from domain.shared.errors import Conflict, InvalidRequest, Unauthenticated
from tests.domain.accounts.office import UserOffice
from tests.fakes.limits import FakeBuckets
from tests.fakes.persistence import FakeStore
from tests.fakes.security import FakePasswords

PASSWORD = "a long password"
MOST = 3


@dataclass
class Door:
    passwords: FakePasswords
    authentication: Authentication
    sign_in: SignIn

    async def guess(self, login: str, address: str) -> type[Exception]:
        """Return how a wrong guess is answered."""
        with pytest.raises((Unauthenticated, LimitReached)) as refused:
            await self.sign_in.login(login, "a guess", address=address)
        return refused.type


@pytest.fixture
async def door() -> Door:
    office = UserOffice(FakeStore())
    limits = RateLimits(FakeBuckets(lambda: 0), per_minute=1, attempts_per_minute=MOST)
    sign_in = SignIn(office.authentication, office.passwords, office.store.users, limits)
    return Door(office.hashing, office.authentication, sign_in)


@pytest.fixture
async def ann(door: Door) -> str:
    grant = await door.sign_in.register("ann@x.org", "Ann", PASSWORD, address="home")
    return grant.access_token


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("login", ["ann@x.org", "nobody@x.org"])
async def test_guesses_from_many_addresses_are_one_accounts(door: Door, login: str) -> None:
    answers = [await door.guess(login, f"address {number}") for number in range(MOST + 2)]
    assert answers == [Unauthenticated] * MOST + [LimitReached] * 2
    assert len(door.passwords.checked) == MOST


@pytest.mark.usefixtures("ann")
async def test_guesses_at_many_accounts_are_one_addresses(door: Door) -> None:
    answers = [await door.guess(f"user {number}", "evil") for number in range(MOST + 2)]
    assert answers == [Unauthenticated] * MOST + [LimitReached] * 2
    assert len(door.passwords.checked) == MOST
    await door.sign_in.login("ann@x.org", PASSWORD, address="home")


async def test_both_names_of_an_account_are_one(door: Door) -> None:
    await door.authentication.add_user("bob", "bob@x.org", "Bob", PASSWORD, Role.USER)
    logins = ["bob", "bob@x.org", "BOB", "bob@X.org"]
    answers = [await door.guess(login, login) for login in logins]
    assert answers == [Unauthenticated] * MOST + [LimitReached]


async def test_registrations_are_limited(door: Door, ann: str) -> None:
    for number in range(MOST - 1):
        await door.sign_in.register(f"u{number}@x.org", "U", PASSWORD, address="home")
    with pytest.raises(LimitReached):
        await door.sign_in.register("one@x.org", "U", PASSWORD, address="home")
    for number in range(MOST - 1):
        with pytest.raises(Conflict):
            await door.sign_in.register("ann@x.org", "U", PASSWORD, address=f"{number}")
    with pytest.raises(LimitReached):
        await door.sign_in.register("ann@x.org", "U", PASSWORD, address="another")
    assert ann


async def test_changes_of_a_password_are_limited(door: Door, ann: str) -> None:
    identity = await door.authentication.recognise(ann)
    for number in range(MOST):
        with pytest.raises(InvalidRequest):
            await door.sign_in.change_password(identity, "a guess", PASSWORD, address=f"{number}")
    with pytest.raises(LimitReached):
        await door.sign_in.change_password(identity, PASSWORD, "another one", address="home")
    assert len(door.passwords.checked) == MOST
