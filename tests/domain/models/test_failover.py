"""Models are asked again after failures, and never twice once a piece was seen."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.models.circuit_breaker import CircuitBreaker
from domain.models.failover import AnswerPiece, ModelAnswer, ModelFailover, NoAnswer
from domain.models.messages import ModelChoice, ModelRequest, Piece, Reasoning, Stop, Text, Usage
from domain.models.ports import ChatModel
from domain.models.prices import Price, Prices
from domain.models.retry_policy import RetryPolicy
from domain.shared.errors import (
    ProviderError,
    ProviderReason,
    ProviderTimeout,
    PuertoError,
    Unavailable,
)
from tests.fakes.clock import FakeClock
from tests.fakes.models import FakeModel, FakeModels

A, B = ModelChoice("a", "1"), ModelChoice("b", "2")
OK: list[Piece] = [Text("ok"), Stop(usage=Usage(1_000_000, 0))]
PRICES = Prices({"b": {"2": Price(3.0, 3.0, 3.0)}})


def failure(reason: str, provider: str = "a", retry_after: float | None = None) -> ProviderError:
    if reason == "timeout":
        return ProviderTimeout("silent", provider=provider)
    return ProviderError(
        reason, provider=provider, reason=ProviderReason(reason), retry_after=retry_after
    )


class House:
    """An asker over fake models, with time that passes only where it sleeps."""

    def __init__(self, *models: FakeModel, retry_policy: RetryPolicy | None = None) -> None:
        self.clock = FakeClock()
        self.circuit_breaker = CircuitBreaker(self.clock, threshold=3)
        self.slept: list[float] = []
        self.heard: list[AnswerPiece] = []
        self.models = FakeModels(*models)
        self.failover = ModelFailover(
            self.models,
            self.circuit_breaker,
            PRICES,
            self.clock,
            retry_policy=retry_policy or RetryPolicy(),
            sleep=self._sleep,
            chance=lambda: 1.0,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    async def ask(self, *choices: ModelChoice) -> list[AnswerPiece]:
        self.heard = []
        async for piece in self.failover.ask(choices, request_for):
            self.heard.append(piece)
        return self.heard

    async def error(self, *choices: ModelChoice) -> PuertoError:
        with pytest.raises(NoAnswer) as raised:
            await self.ask(*choices)
        return raised.value.error


def request_for(choice: ModelChoice) -> ModelRequest:
    return ModelRequest(choice.model, [])


@pytest.mark.parametrize(
    ("reason", "attempts"),
    [
        ("rate_limited", 3),
        ("overloaded", 3),
        ("unreachable", 3),
        ("truncated", 3),
        ("timeout", 1),
        ("malformed", 2),
        ("authentication", 1),
        ("model_not_found", 1),
        ("rejected", 1),
    ],
)
async def test_what_may_pass_is_tried_again(reason: str, attempts: int) -> None:
    model = FakeModel(*[[failure(reason)]] * 9, provider="a")
    house = House(model)
    error = await house.error(A)
    assert isinstance(error, ProviderError)
    assert error.details["tried"] == [{"provider": "a", "model": "1", "reason": reason}]
    assert len(model.requests) == attempts
    assert house.slept == [0.5, 1.0][: attempts - 1]


async def test_an_answer_after_failures_is_whole() -> None:
    house = House(FakeModel([failure("overloaded")], OK, provider="a"))
    *pieces, answer = await house.ask(A)
    assert pieces == [Text("ok")]
    assert answer == ModelAnswer(A, Stop(usage=Usage(1_000_000, 0)), None)


@pytest.mark.parametrize(
    ("asked", "slept"), [(7.0, [7.5]), (20.0, [20.5]), (20.1, []), (3600.0, [])]
)
async def test_who_asks_to_wait_is_given_that_time_or_left(
    asked: float, slept: list[float]
) -> None:
    first = FakeModel([failure("rate_limited", retry_after=asked)], OK, provider="a")
    house = House(first, FakeModel(OK, provider="b"))
    *_, answer = await house.ask(A, B)
    assert isinstance(answer, ModelAnswer)
    assert answer.choice == (A if slept else B)
    assert house.slept == slept


async def test_nobody_waits_beyond_the_deadline() -> None:
    model = FakeModel(*[[failure("overloaded", retry_after=4)]] * 9, provider="a")
    house = House(model, retry_policy=RetryPolicy(attempts=9, deadline=10))
    await house.error(A)
    assert house.slept == [4.5, 5.0]


@pytest.mark.parametrize("reason", ProviderReason)
async def test_another_is_asked_where_one_fails(reason: ProviderReason) -> None:
    failing = FakeModel(*[[failure(reason)]] * 3, provider="a")
    house = House(failing, FakeModel(OK, provider="b"))
    text, answer = await house.ask(A, B)
    assert text == Text("ok")
    assert answer == ModelAnswer(B, Stop(usage=Usage(1_000_000, 0)), 3.0)


async def test_also_where_it_is_not_configured_or_its_adapter_is_broken() -> None:
    broken = FakeModel([ZeroDivisionError("secret")], [Stop()], provider="a")
    house = House(broken, FakeModel(OK, provider="b"))
    *_, answer = await house.ask(ModelChoice("absent", "0"), A, B)
    assert isinstance(answer, ModelAnswer)
    assert answer.choice == B


async def test_where_all_fail_the_first_ones_error_tells_and_all_are_listed() -> None:
    house = House(
        FakeModel([failure("rejected")], provider="a"), FakeModel([KeyError("x")], provider="b")
    )
    error = await house.error(A, ModelChoice("absent", "0"), B)
    assert (error.message, error.details["reason"]) == ("rejected", "rejected")
    assert error.details["tried"] == [
        {"provider": "a", "model": "1", "reason": "rejected"},
        {"provider": "absent", "model": "0", "reason": "unavailable"},
        {"provider": "b", "model": "2", "reason": "internal"},
    ]


async def test_an_adapters_mistake_keeps_its_secret() -> None:
    house = House(FakeModel([ZeroDivisionError("secret")], provider="a"))
    error = await house.error(A)
    assert error.code == "INTERNAL"
    assert "secret" not in error.message


@pytest.mark.parametrize("piece", [Text("half"), Text("")])
async def test_what_was_heard_is_not_asked_again(piece: Piece) -> None:
    first, second = (
        FakeModel([piece, failure("truncated")], OK, provider="a"),
        FakeModel(OK, provider="b"),
    )
    house = House(first, second)
    error = await house.error(A, B)
    assert error.details["reason"] == "truncated"
    assert house.heard == [piece]
    assert (len(first.requests), len(second.requests)) == (1, 0)


async def test_a_failing_provider_is_passed_over_but_the_last_one_is_always_asked() -> None:
    first, second = FakeModel(provider="a"), FakeModel(OK, OK, provider="b")
    house = House(first, second)
    for _ in range(3):
        house.circuit_breaker.failed("a", ProviderReason.TIMEOUT)
    await house.ask(A, B)
    assert not first.requests
    first.answers = [[failure("rejected")]]
    second.answers = [[failure("rejected")]]
    assert (await house.error(A, B)).details["tried"] == [
        {"provider": "a", "model": "1", "reason": "skipped: timeout"},
        {"provider": "b", "model": "2", "reason": "rejected"},
    ]
    first.answers = [OK]
    assert len(await house.ask(A)) == 2
    assert house.circuit_breaker.failing() == {}


async def test_one_that_begins_to_fail_is_left_at_once_for_another() -> None:
    first = FakeModel(*[[failure("overloaded")]] * 9, provider="a")
    house = House(first, FakeModel(OK, provider="b"))
    house.circuit_breaker.failed("a", ProviderReason.OVERLOADED)
    house.circuit_breaker.failed("a", ProviderReason.OVERLOADED)
    await house.ask(A, B)
    assert len(first.requests) == 1
    assert not house.slept


async def test_cancelling_interrupts_the_wait() -> None:
    model = FakeModel([failure("overloaded")], OK, provider="a")
    house = House(model)
    house.failover = ModelFailover(
        house.models,
        house.circuit_breaker,
        PRICES,
        house.clock,
        retry_policy=RetryPolicy(first_pause=20),
        chance=lambda: 1.0,
    )
    asking = asyncio.create_task(house.ask(A))
    while not model.requests:
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert len(model.requests) == 1


async def test_leaving_closes_the_stream() -> None:
    model = FakeModel([Text("a"), asyncio.Event(), Stop()], provider="a")
    pieces = House(model).failover.ask([A], request_for)
    assert await anext(pieces) == Text("a")
    await pieces.aclose()
    assert model.closed_early == 1


# --- whatever happens


@dataclass(frozen=True)
class Attempt:
    """What a model does when it is asked: pieces, then an error or the end, after a while."""

    pieces: int
    error: Exception | None
    seconds: float


ERRORS: Any = st.none() | st.builds(
    failure,
    st.sampled_from([reason.value for reason in ProviderReason]),
    retry_after=st.none() | st.floats(0, 60),
)
ERRORS |= st.sampled_from([Unavailable("no"), ZeroDivisionError()])
ATTEMPTS = st.builds(Attempt, st.sampled_from([0, 0, 0, 1]), ERRORS, st.floats(0, 90))


class Moody:
    """A provider that does what its script says, and notes when it was asked."""

    def __init__(self, script: Sequence[Attempt], clock: FakeClock) -> None:
        self.script, self.clock = list(script), clock
        self.asked: list[tuple[ModelChoice, datetime, Attempt]] = []
        self.provider = "a"

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        attempt = self.script.pop(0) if self.script else Attempt(0, failure("overloaded"), 1)
        self.asked.append((ModelChoice("a", request.model), self.clock.now(), attempt))
        self.clock.advance(timedelta(seconds=attempt.seconds))
        for _ in range(attempt.pieces):
            yield Text("x")
        if attempt.error is not None:
            raise attempt.error
        yield Stop()

    async def close(self) -> None:
        """Nothing is open."""


class OnlyMoody(FakeModels):
    def __init__(self, moody: Moody) -> None:
        super().__init__()
        self._moody = moody

    def get(self, provider: str) -> ChatModel:
        return self._moody

    def states(self) -> Mapping[str, str]:
        return {"a": "ready"}


@given(
    st.lists(ATTEMPTS, max_size=12),
    st.integers(1, 3),
    st.builds(
        RetryPolicy, st.integers(1, 5), st.floats(0.1, 2), st.floats(2, 30), st.floats(0, 120)
    ),
    st.floats(0, 1),
)
async def test_never_again_once_heard_and_nobody_after_the_deadline(
    script: list[Attempt], models: int, retry_policy: RetryPolicy, chance: float
) -> None:
    house = House()
    moody = Moody(script, house.clock)
    failover = ModelFailover(
        OnlyMoody(moody),
        house.circuit_breaker,
        PRICES,
        house.clock,
        retry_policy=retry_policy,
        sleep=house._sleep,
        chance=lambda: chance,
    )
    choices = [replace(A, model=str(number)) for number in range(models)]
    began, heard = house.clock.now(), list[AnswerPiece]()
    try:
        async for piece in failover.ask(choices, request_for):
            heard.append(piece)
    except NoAnswer as failed:
        assert failed.error.details["tried"]
    last = moody.asked[-1][2]
    assert all(a.pieces == 0 and a.error is not None for _, _, a in moody.asked[:-1])
    assert heard.count(Text("x")) == last.pieces
    assert isinstance(heard[-1] if heard else None, ModelAnswer) is (last.error is None)
    asked = [choice for choice, _, _ in moody.asked]
    assert all(asked.count(choice) <= retry_policy.attempts for choice in choices)
    assert asked == sorted(asked, key=choices.index)
    silent = timedelta()
    for (_, _, before), (_, at, _) in pairwise(moody.asked):
        if isinstance(before.error, ProviderTimeout):
            silent += timedelta(seconds=before.seconds)
        assert at - began < timedelta(seconds=retry_policy.deadline) + silent


async def test_after_any_silence_there_is_time_for_another() -> None:
    script = [Attempt(0, failure("timeout"), 600), Attempt(0, failure("timeout"), 600)]
    house = House()
    moody = Moody([*script, Attempt(1, None, 1)], house.clock)
    house.failover = ModelFailover(OnlyMoody(moody), house.circuit_breaker, PRICES, house.clock)
    choices = [replace(A, model=str(number)) for number in range(3)]
    *_, answer = await house.ask(*choices)
    assert isinstance(answer, ModelAnswer)
    assert answer.choice == choices[2]


async def test_a_failure_that_is_final_is_not_asked_again() -> None:
    spent = failure("rate_limited")
    spent.is_final = True
    model = FakeModel([spent], OK, provider="a")
    house = House(model, FakeModel(OK, provider="b"))
    *_, answer = await house.ask(A, B)
    assert len(model.requests) == 1
    assert isinstance(answer, ModelAnswer)
    assert answer.choice == B


async def test_text_is_shown_as_it_can_be_kept() -> None:
    said: list[Piece] = [Text("a\0b"), Reasoning("c\ud800"), *OK]
    *pieces, _ = await House(FakeModel(said, provider="a")).ask(A)
    assert pieces == [Text("a\ufffdb"), Reasoning("c\ufffd"), Text("ok")]
