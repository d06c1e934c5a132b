"""Which bucket a request or an attempt is taken from."""

import pytest

from domain.limits.policy import LimitPolicy, LimitReached
from domain.limits.service import Attempt, RateLimits, network_of
from domain.shared.errors import StoreUnavailable
from tests.fakes.limits import FakeBuckets


def limits(buckets: FakeBuckets | None = None, *, a_minute: int = 2) -> RateLimits:
    return RateLimits(
        buckets or FakeBuckets(lambda: 0), per_minute=a_minute, attempts_per_minute=a_minute
    )


class Away(FakeBuckets):
    async def take(self, key: str, policy: LimitPolicy) -> None:  # type: ignore[override]
        raise StoreUnavailable(f"{key} {policy}")


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ({"address": "a"}, {"address": "a"}, True),
        ({"address": "a"}, {"address": "b"}, False),
        ({"address": "a", "user_id": "1"}, {"address": "b", "user_id": "1"}, True),
        ({"address": "a", "user_id": "1"}, {"address": "a", "user_id": "2"}, False),
        ({"address": "a", "user_id": "1"}, {"address": "a"}, False),
        ({"address": "a", "user_id": "1"}, {"address": "a", "user_id": "1", "key": "k"}, False),
        ({"address": "a", "user_id": "1", "key": "k"}, {"address": "b", "key": "k"}, True),
        ({"address": "2001:db8::1"}, {"address": "2001:db8::ffff:1"}, True),
        ({"address": "2001:db8::1"}, {"address": "2001:db8:0:1::1"}, False),
        ({"address": "10.0.0.1"}, {"address": "::ffff:10.0.0.1"}, True),
    ],
)
async def test_a_key_else_a_user_else_an_address_has_a_bucket(
    first: dict[str, str], second: dict[str, str], is_one: bool
) -> None:
    rates = limits()
    verdict = await rates.request(**first)
    assert verdict is not None
    assert verdict.remaining == 1
    verdict = await rates.request(**second)
    assert verdict is not None
    assert verdict.remaining == (0 if is_one else 1)


async def test_too_many_are_refused_with_what_to_do() -> None:
    rates = limits()
    for _ in range(2):
        await rates.request(address="a")
    with pytest.raises(LimitReached, match=r"2 in 60 seconds.*again in 30 seconds") as refused:
        await rates.request(address="a")
    assert refused.value.retry_after == 30
    assert refused.value.details == {"retry_after": 30}


async def test_attempts_are_counted_by_themselves() -> None:
    rates = limits()
    for _ in range(2):
        await rates.request(address="a")
        await rates.attempt_from(Attempt.LOGIN, "a")
        await rates.attempt_from(Attempt.REGISTER, "a")
        await rates.attempt_at(Attempt.LOGIN, "a")
    for refused in (rates.attempt_from, rates.attempt_at):
        with pytest.raises(LimitReached):
            await refused(Attempt.LOGIN, "a")
    await rates.attempt_at(Attempt.LOGIN, "b\0\ud800")


async def test_none_is_no_limit() -> None:
    rates = limits(Away(), a_minute=0)
    assert await rates.request(address="a") is None
    await rates.attempt_from(Attempt.LOGIN, "a")


async def test_a_database_that_is_away_lets_requests_pass_but_nobody_guess() -> None:
    rates = limits(Away())
    assert await rates.request(address="a") is None
    with pytest.raises(StoreUnavailable):
        await rates.attempt_from(Attempt.LOGIN, "a")
    with pytest.raises(StoreUnavailable):
        await rates.attempt_at(Attempt.LOGIN, "a")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("<local>", "<local>"),
        ("", ""),
    ],
)
def test_a_network_is_one_hosts(address: str, network: str) -> None:
    assert network_of(address) == network
