"""What every keeper of passwords promises, and what argon2 adds."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from adapters.security.passwords import ArgonPasswords
from domain.accounts.ports import MAX_PASSWORD_BYTES, Passwords
from domain.shared.errors import InvalidRequest
from tests.fakes.security import FakePasswords

PASSWORD = "correct horse battery"


@pytest.fixture
def argon() -> Iterator[ArgonPasswords]:
    passwords = ArgonPasswords(CHEAPEST)
    yield passwords
    passwords.close()


@pytest.fixture(params=["fake", "argon"])
def passwords(request: pytest.FixtureRequest, argon: ArgonPasswords) -> Passwords:
    return argon if request.param == "argon" else FakePasswords()


async def test_the_right_password_fits_and_no_other(passwords: Passwords) -> None:
    hashed = await passwords.hash(PASSWORD)
    assert await passwords.verify(PASSWORD, hashed)
    assert not await passwords.verify(PASSWORD + " ", hashed)
    assert not await passwords.verify("", hashed)


async def test_an_unknown_user_never_fits(passwords: Passwords) -> None:
    assert not await passwords.verify(PASSWORD, None)
    assert not await passwords.verify("", None)


async def test_a_hash_is_salted_and_holds_no_password(passwords: Passwords) -> None:
    first, second = await passwords.hash(PASSWORD), await passwords.hash(PASSWORD)
    assert first != second
    assert PASSWORD not in first


@pytest.mark.parametrize("hashed", ["", "!", "$argon2id$", "plain text"])
async def test_a_damaged_hash_fits_nothing(passwords: Passwords, hashed: str) -> None:
    assert not await passwords.verify(hashed, hashed)


async def test_a_fresh_hash_needs_no_new_one(passwords: Passwords) -> None:
    assert not passwords.needs_rehash(await passwords.hash(PASSWORD))


@pytest.mark.parametrize("password", ["x" * (MAX_PASSWORD_BYTES + 1), "é" * 513, "half \ud83d"])
async def test_what_cannot_be_a_password_is_refused(passwords: Passwords, password: str) -> None:
    with pytest.raises(InvalidRequest):
        await passwords.hash(password)
    with pytest.raises(InvalidRequest):
        await passwords.verify(password, None)


async def test_the_longest_password_counts_to_its_end(passwords: Passwords) -> None:
    hashed = await passwords.hash("x" * MAX_PASSWORD_BYTES)
    assert await passwords.verify("x" * MAX_PASSWORD_BYTES, hashed)
    assert not await passwords.verify("x" * (MAX_PASSWORD_BYTES - 1) + "y", hashed)


async def test_a_character_typed_in_another_form_is_the_same(argon: ArgonPasswords) -> None:
    hashed = await argon.hash("caf\u00e9 au lait")
    assert await argon.verify("cafe\u0301 au lait", hashed)


async def test_the_default_is_the_profile_of_rfc_9106() -> None:
    passwords = ArgonPasswords()
    hashed = await passwords.hash(PASSWORD)
    passwords.close()
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    # The decoy costs what a real hash costs: same parameters, same length.
    assert extract_parameters(passwords._decoy) == RFC_9106_LOW_MEMORY
    assert len(passwords._decoy) == len(hashed)


async def test_a_hash_of_other_parameters_still_fits_and_is_to_be_made_anew(
    argon: ArgonPasswords,
) -> None:
    today = ArgonPasswords()
    hashed = await argon.hash(PASSWORD)
    assert await today.verify(PASSWORD, hashed)
    assert today.needs_rehash(hashed)
    today.close()


async def test_a_flood_is_worked_off_by_few_threads() -> None:
    passwords = ArgonPasswords(CHEAPEST, at_once=2)
    others = set(threading.enumerate())
    hashes = await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(50)))
    started = set(threading.enumerate()) - others
    passwords.close()
    assert len(set(hashes)) == 50
    assert 1 <= len(started) <= 2


async def test_requests_that_give_up_leave_the_line(argon: ArgonPasswords) -> None:
    waiting = [asyncio.create_task(argon.hash(PASSWORD)) for _ in range(50)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await argon.verify(PASSWORD, await argon.hash(PASSWORD))
