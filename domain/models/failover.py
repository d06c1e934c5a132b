"""Failover between models: retries with backoff, then the next model in order.

A request is only repeated while no piece of its answer was yielded.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.models.circuit_breaker import CircuitBreaker
from domain.models.messages import (
    ModelChoice,
    ModelRequest,
    Reasoning,
    Stop,
    Text,
    TextWasReasoning,
    ToolRequest,
)
from domain.models.pieces import PieceReader, UnusablePiece, usable_error
from domain.models.ports import ChatModels
from domain.models.prices import Prices
from domain.models.retry_policy import RetryPolicy
from domain.shared.clock import Clock
from domain.shared.errors import ProviderError, ProviderTimeout, PuertoError
from domain.shared.untrusted import raised
from domain.telemetry.fan_out import UNWATCHED
from domain.telemetry.ports import ModelWork, Telemetry, WorkEnding

_PATIENCE: Final = RetryPolicy()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The end of a whole answer: its model, why it stopped, its cost (None: not known)."""

    choice: ModelChoice
    stop: Stop
    cost_usd: float | None


AnswerPiece = Text | Reasoning | TextWasReasoning | ToolRequest | ModelAnswer
RequestFor = Callable[[ModelChoice], ModelRequest]


class NoAnswer(Exception):
    """No model gave a whole answer.

    ``error`` is the error to report: of the model that broke off in the middle, else of the first
    that was asked. Its ``details.tried`` lists all: ``{provider, model, reason}``.
    """

    def __init__(self, error: PuertoError) -> None:
        super().__init__(error.message)
        self.error = error


class ModelFailover:
    """Asks models, with retries and failover. One for the process: it shares circuit breakers."""

    def __init__(
        self,
        models: ChatModels,
        circuit_breaker: CircuitBreaker,
        prices: Prices,
        clock: Clock,
        *,
        retry_policy: RetryPolicy = _PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        tell: Callable[[str, BaseException], None] = lambda _provider, _error: None,
        telemetry: Telemetry = UNWATCHED,
    ) -> None:
        self._tell = tell  # reports a provider that raised anything but its documented errors
        self._models = models
        self._circuit_breaker = circuit_breaker
        self._prices = prices
        self._clock = clock
        self._retry_policy = retry_policy
        self._sleep = sleep
        self._chance = chance
        self._telemetry = telemetry

    async def ask(
        self, choices: Sequence[ModelChoice], request_for: RequestFor
    ) -> AsyncGenerator[AnswerPiece, None]:
        """Yield the pieces of one model's answer, and an `ModelAnswer` last.

        The choices are tried in order; ``request_for`` makes the request for each. Providers with
        an open circuit are skipped, but the last choice is always asked.

        Raises:
            NoAnswer: all failed, or one of them in the middle of its answer.

        """
        asking = _Failover(choices, self._circuit_breaker, self._retry_policy, self._clock)
        while True:
            choice = asking.choice
            observed = self._telemetry.begin(ModelWork(choice.provider, choice.model))
            try:
                stop: Stop | None = None
                model = self._models.get(choice.provider)
                pieces = PieceReader(model.stream(request_for(choice)))
                try:
                    while (piece := await pieces.next()) is not None:
                        if isinstance(piece, Stop):
                            stop = piece
                        else:
                            if not asking.is_heard:
                                asking.is_heard = True
                                observed.first_piece()
                            yield piece
                finally:
                    await pieces.close()
                answer = self._whole(choice, stop)
            except Exception as error:  # noqa: BLE001  an adapter's mistake ends this attempt only
                reported = self._reported(choice, error)
                observed.end(WorkEnding("failed", error=_reason(reported)))
                pause = asking.failed(reported, self._chance())
            except BaseException:  # nobody wants the rest
                observed.end(WorkEnding("cancelled"))
                raise
            else:
                observed.end(_ending(answer.stop))
                yield answer
                return
            if pause:
                await self._sleep(pause)

    def _reported(self, choice: ModelChoice, error: Exception) -> PuertoError:
        reported = _reported_error(choice, error)
        if reported is not error:
            self._tell(choice.provider, error)
        return reported

    def _whole(self, choice: ModelChoice, stop: Stop | None) -> ModelAnswer:
        if stop is None:
            raise UnusablePiece("the answer has no end")
        self._circuit_breaker.answered(choice.provider)
        cost = self._prices.cost(choice.provider, choice.model, stop.usage)
        return ModelAnswer(choice, stop, cost)


class _Failover:
    """The state of the failover of one request: the current choice, and earlier failures."""

    def __init__(
        self,
        choices: Sequence[ModelChoice],
        circuit_breaker: CircuitBreaker,
        retry_policy: RetryPolicy,
        clock: Clock,
    ) -> None:
        self._remaining = list(choices)
        self._circuit_breaker = circuit_breaker
        self._retry_policy = retry_policy
        self._clock = clock
        self._asked_at = clock.now()
        self._deadline = self._asked_at + timedelta(seconds=retry_policy.deadline)
        self._reasons: dict[ModelChoice, str] = {}
        self._first_error: PuertoError | None = None
        self._failures = 0  # of the current choice
        self.is_heard = False
        self.choice = self._next()

    def failed(self, error: PuertoError, chance: float) -> float:
        """Record a failure of the choice, and select the next; return the pause in seconds.

        Raises:
            NoAnswer: there is no choice left, or a piece of the answer was yielded already.

        """
        self._failures += 1
        self._reasons[self.choice] = _reason(error)
        if isinstance(error, ProviderError):
            self._circuit_breaker.failed(self.choice.provider, error.reason)
        if self.is_heard:
            raise self._no_answer(error)
        now = self._clock.now()
        if isinstance(error, ProviderTimeout):  # the adapter's timeout does not count
            self._deadline += now - self._asked_at
        seconds_left = (self._deadline - now).total_seconds()
        pause = self._retry_policy.pause(error, self._failures, seconds_left, chance)
        is_failing = self.choice.provider in self._circuit_breaker.failing()
        if pause is not None and not (is_failing and self._remaining):
            _log.warning("%s: %s; again in %.1f s", _name(self.choice), _reason(error), pause)
            self._asked_at = now + timedelta(seconds=pause)
            return pause
        self._first_error = self._first_error or error
        if not self._remaining or seconds_left <= 0:
            raise self._no_answer(self._first_error)
        failed, self.choice, self._failures = self.choice, self._next(), 0
        self._asked_at = now
        _log.warning("%s: %s; now %s", _name(failed), _reason(error), _name(self.choice))
        return 0.0

    def _next(self) -> ModelChoice:
        while True:
            choice = self._remaining.pop(0)
            if self._circuit_breaker.admits(choice.provider) or not self._remaining:
                return choice
            self._reasons[choice] = f"skipped: {self._circuit_breaker.failing()[choice.provider]}"

    def _no_answer(self, error: PuertoError) -> NoAnswer:
        error.details["tried"] = [
            {"provider": choice.provider, "model": choice.model, "reason": reason}
            for choice, reason in self._reasons.items()
        ]
        return NoAnswer(error)


def _reported_error(choice: ModelChoice, error: Exception) -> PuertoError:
    if (usable := usable_error(choice.provider, error)) is not None:
        return usable
    _log.error("%s: the adapter raised", _name(choice), exc_info=error)
    why = raised(error)
    return PuertoError(
        f"The model could not be asked: the provider {choice.provider} failed, {why}."
    )


def _ending(stop: Stop) -> WorkEnding:
    used = stop.usage
    return WorkEnding(
        "completed",
        finish=stop.reason.value,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cached_tokens=used.cached_tokens,
    )


def _reason(error: PuertoError) -> str:
    return error.reason.value if isinstance(error, ProviderError) else error.code.lower()


def _name(choice: ModelChoice) -> str:
    return f"{choice.provider}/{choice.model}"
