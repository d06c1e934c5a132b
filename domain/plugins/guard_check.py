"""The check of messages by plugins' guards: one after the other, bounded, closed where required."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.conversations.calls import Problem
from domain.plugins.guards import Block, GuardedMessage, GuardOffer, GuardPoint, Replace
from domain.plugins.incidents import PluginPart, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.plugins.ports import Guards
from domain.plugins.reasons import bounded_reason, failure_of, given_reason
from domain.shared.error_codes import Refusal
from domain.shared.json_values import storable, type_name
from domain.shared.untrusted import within

GUARD_SECONDS: Final = 5.0
LONGEST: Final = 1_000_000  # characters of a text that a guard is shown, or gives
_REMEDY: Final = "The list of plugins tells an operator why; then try again."
_BLOCKED: Final = {
    GuardPoint.BEFORE_MODEL: (Refusal.MESSAGE_BLOCKED, "Not sent to a model"),
    GuardPoint.BEFORE_CLIENT: (Refusal.ANSWER_BLOCKED, "The answer is withheld"),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GuardRuling:
    """What guards leave of a text. With a ``problem`` it goes no further, and ``text`` is empty."""

    text: str
    problem: Problem | None = None


class GuardCheck:
    """Shows texts to guards, each with a timeout of ``seconds``; each sees what the last one left.

    ``lacking`` describes a required plugin that is not in use and may have had a required guard.
    """

    def __init__(
        self,
        source: Guards,
        *,
        seconds: float = GUARD_SECONDS,
        lacking: Callable[[], str | None] = lambda: None,
        tell: ReportIncident = no_report,
    ) -> None:
        self._source = source
        self._seconds = seconds
        self._lacking = lacking
        self._tell = tell

    def at(self, point: GuardPoint) -> Sequence[Registered[GuardOffer]]:
        """Return the guards that stand there now."""
        return [guard for guard in self._source.guards() if guard.value.at is point]

    def problem(self) -> Problem | None:
        """Return why no model can be asked now, if a plugin that must guard is missing."""
        lacking = self._lacking()
        return None if lacking is None else _failed(lacking)

    async def ruling(
        self, guards: Sequence[Registered[GuardOffer]], message: GuardedMessage
    ) -> GuardRuling:
        """Return what these guards leave of a message."""
        text = message.text
        for guard in guards:
            match await self._ask(guard, replace(message, text=text)):
                case Replace(other):
                    text = storable(str.__str__(other))
                case Problem() as problem:
                    return GuardRuling("", problem)
        return GuardRuling(text)

    async def _ask(
        self, guard: Registered[GuardOffer], message: GuardedMessage
    ) -> Replace | Problem | None:
        plugin, offer = guard.plugin, guard.value
        try:
            answer = await self._answer(offer, message)
        except Exception as error:  # noqa: BLE001  untrusted code
            _log.error("a guard of the plugin %s failed", plugin, exc_info=error)
            self._tell(plugin, PluginPart.GUARD, error, offer.function)
            if not offer.is_required:
                return None
            why = f"the plugin {plugin} must check it and could not: {failure_of(error)}"
            return _failed(why, plugin)
        return _blocked(plugin, message.at, answer) if isinstance(answer, Block) else answer

    async def _answer(self, offer: GuardOffer, message: GuardedMessage) -> Block | Replace | None:
        """Return what a guard answers.

        Raises:
            Exception: what the guard raised, or it is too late or answers what it may not.

        """
        if len(message.text) > LONGEST:
            raise ValueError(f"the text has more than {LONGEST:,} characters")
        answer: Any = await within(self._seconds, lambda: offer.function(message))
        if not _is_answer(answer):
            raise TypeError(f"it returned a {type_name(answer)}: no Block or Replace with text")
        return answer  # type: ignore[no-any-return]  # it is one of them


def _is_answer(answer: Any) -> bool:
    """Tell whether a guard may answer so; a subclass may misbehave, and no text is no text."""
    if answer is None:
        return True
    if type(answer) is Block:
        return isinstance(answer.reason, str)
    is_text = type(answer) is Replace and isinstance(answer.text, str)
    return is_text and 0 < len(answer.text.strip()) <= LONGEST


def _blocked(plugin: str, at: GuardPoint, answer: Block) -> Problem:
    code, what = _BLOCKED[at]
    why = bounded_reason(f"the plugin {plugin} blocks it: {given_reason(answer.reason)}")
    return Problem(code, f"{what}: {why}", {"plugin": plugin})


def _failed(why: str, plugin: str = "") -> Problem:
    text = bounded_reason(why)
    return Problem(
        Refusal.GUARD_FAILED,
        f"Not answered: {text}. {_REMEDY}",
        {"plugin": plugin} if plugin else {},
    )
