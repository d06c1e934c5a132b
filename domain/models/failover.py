"""The asking of models: again where that may help, others where it does not.

A question is only repeated while nothing of its answer was seen, here or at another model.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.models.circuit_breaker import Circuits
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
from domain.models.retry_policy import Patience
from domain.shared.clock import Clock
from domain.shared.errors import ProviderError, ProviderTimeout, PuertoError
from domain.shared.untrusted import raised

_PATIENCE: Final = Patience()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a whole answer: who gave it, how it stopped, its cost (None: not known)."""

    choice: ModelChoice
    stop: Stop
    cost_usd: float | None


Heard = Text | Reasoning | TextWasReasoning | ToolRequest | Answer
RequestFor = Callable[[ModelChoice], ModelRequest]


class NoAnswer(Exception):
    """Nobody gave a whole answer.

    ``error`` is the one to tell of: that of the model which broke off in the middle, else that
    of the first that was asked. Its ``details.tried`` lists all: ``{provider, model, reason}``.
    """

    def __init__(self, error: PuertoError) -> None:
        super().__init__(error.message)
        self.error = error


class ModelAsker:
    """Asks models with patience. One for the process: it shares what it sees of providers."""

    def __init__(
        self,
        models: ChatModels,
        circuits: Circuits,
        prices: Prices,
        clock: Clock,
        *,
        patience: Patience = _PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        tell: Callable[[str, BaseException], None] = lambda _provider, _error: None,
    ) -> None:
        self._tell = tell  # of a provider that raised what no provider should
        self._models = models
        self._circuits = circuits
        self._prices = prices
        self._clock = clock
        self._patience = patience
        self._sleep = sleep
        self._chance = chance

    async def ask(
        self, choices: Sequence[ModelChoice], request_for: RequestFor
    ) -> AsyncGenerator[Heard, None]:
        """Yield the pieces of one model's answer, and an `Answer` last.

        The choices are tried in order; ``request_for`` gives what to say to each. Providers
        that are failing are passed over, but the last choice is always asked.

        Raises:
            NoAnswer: all failed, or one of them in the middle of its answer.

        """
        asking = _Asking(choices, self._circuits, self._patience, self._clock)
        while True:
            choice = asking.choice
            try:
                stop: Stop | None = None
                model = self._models.get(choice.provider)
                pieces = PieceReader(model.stream(request_for(choice)))
                try:
                    while (piece := await pieces.next()) is not None:
                        if isinstance(piece, Stop):
                            stop = piece
                        else:
                            asking.is_heard = True
                            yield piece
                finally:
                    await pieces.close()
                answer = self._whole(choice, stop)
            except Exception as error:  # noqa: BLE001  an adapter's mistake ends this attempt only
                pause = asking.failed(self._reported(choice, error), self._chance())
            else:
                yield answer
                return
            if pause:
                await self._sleep(pause)

    def _reported(self, choice: ModelChoice, error: Exception) -> PuertoError:
        told = _told(choice, error)
        if told is not error:
            self._tell(choice.provider, error)
        return told

    def _whole(self, choice: ModelChoice, stop: Stop | None) -> Answer:
        if stop is None:
            raise UnusablePiece("the answer has no end")
        self._circuits.answered(choice.provider)
        cost = self._prices.cost(choice.provider, choice.model, stop.usage)
        return Answer(choice, stop, cost)


class _Asking:
    """Where one question stands: whom to ask now, and who failed before."""

    def __init__(
        self, choices: Sequence[ModelChoice], circuits: Circuits, patience: Patience, clock: Clock
    ) -> None:
        self._left = list(choices)
        self._circuits = circuits
        self._patience = patience
        self._clock = clock
        self._asked_at = clock.now()
        self._deadline = self._asked_at + timedelta(seconds=patience.deadline)
        self._reasons: dict[ModelChoice, str] = {}
        self._first_error: PuertoError | None = None
        self._failures = 0  # of the present choice
        self.is_heard = False
        self.choice = self._next()

    def failed(self, error: PuertoError, chance: float) -> float:
        """Take in that the choice failed; return after how many seconds to ask the next one.

        Raises:
            NoAnswer: there is nobody to ask any more.

        """
        self._failures += 1
        self._reasons[self.choice] = _reason(error)
        if isinstance(error, ProviderError):
            self._circuits.failed(self.choice.provider, error.reason)
        if self.is_heard:
            raise self._no_answer(error)
        now = self._clock.now()
        if isinstance(error, ProviderTimeout):  # as long as its adapter was told to bear with it
            self._deadline += now - self._asked_at
        left = (self._deadline - now).total_seconds()
        pause = self._patience.pause(error, self._failures, left, chance)
        is_failing = self.choice.provider in self._circuits.failing()
        if pause is not None and not (is_failing and self._left):
            _log.warning("%s: %s; again in %.1f s", _name(self.choice), _reason(error), pause)
            self._asked_at = now + timedelta(seconds=pause)
            return pause
        self._first_error = self._first_error or error
        if not self._left or left <= 0:
            raise self._no_answer(self._first_error)
        failed, self.choice, self._failures = self.choice, self._next(), 0
        self._asked_at = now
        _log.warning("%s: %s; now %s", _name(failed), _reason(error), _name(self.choice))
        return 0.0

    def _next(self) -> ModelChoice:
        while True:
            choice = self._left.pop(0)
            if self._circuits.admits(choice.provider) or not self._left:
                return choice
            self._reasons[choice] = f"skipped: {self._circuits.failing()[choice.provider]}"

    def _no_answer(self, error: PuertoError) -> NoAnswer:
        error.details["tried"] = [
            {"provider": choice.provider, "model": choice.model, "reason": reason}
            for choice, reason in self._reasons.items()
        ]
        return NoAnswer(error)


def _told(choice: ModelChoice, error: Exception) -> PuertoError:
    if (usable := usable_error(choice.provider, error)) is not None:
        return usable
    _log.error("%s: the adapter raised", _name(choice), exc_info=error)
    why = raised(error)
    return PuertoError(
        f"The model could not be asked: the provider {choice.provider} failed, {why}."
    )


def _reason(error: PuertoError) -> str:
    return error.reason.value if isinstance(error, ProviderError) else error.code.lower()


def _name(choice: ModelChoice) -> str:
    return f"{choice.provider}/{choice.model}"
