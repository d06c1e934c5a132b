"""Reads the turns of a conversation: messages, answers, and results of tools."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.llm.offline.text.language import fold
from adapters.llm.offline.text.places import stated_zone
from adapters.llm.offline.values import unquoted
from domain.models.messages import AssistantTurn, ToolTurn, ToolUse, Turn, UserTurn

RESULT_NAMES = ("result", "value", "answer", "total", "resultado")


@dataclass(frozen=True, slots=True)
class Exchange:
    """The turns around the user's last message.

    ``before`` are the earlier turns, ``after`` those of the answer in progress.
    """

    message: str
    before: Sequence[Turn]
    after: Sequence[Turn]

    @property
    def results(self) -> Sequence[ToolTurn]:
        """The results of tools for this message."""
        return [turn for turn in self.after if isinstance(turn, ToolTurn)]

    @property
    def earlier_messages(self) -> Sequence[str]:
        """The user's earlier messages, oldest first."""
        return [turn.content for turn in self.before if isinstance(turn, UserTurn)]

    @property
    def answers(self) -> Sequence[str]:
        """The earlier answers, oldest first."""
        return [turn.content for turn in self.before if isinstance(turn, AssistantTurn)]

    @property
    def stated_zone(self) -> str | None:
        """The time zone in which the message says the user to be; None if it does not."""
        return stated_zone(fold(unquoted(self.message)))

    @property
    def zone(self) -> str | None:
        """The time zone in which the user last said to be; None if never."""
        earlier = (stated_zone(fold(unquoted(each))) for each in reversed(self.earlier_messages))
        return self.stated_zone or next(filter(None, earlier), None)

    def use(self, call_id: str) -> ToolUse | None:
        """Return the call that a result belongs to."""
        for turn in reversed(self.after):
            if isinstance(turn, AssistantTurn):
                for use in turn.tool_uses:
                    if use.id == call_id:
                        return use
        return None


def read(turns: Sequence[Turn]) -> Exchange:
    """Split the turns at the user's last message, which is empty if there is none."""
    for at in range(len(turns) - 1, -1, -1):
        turn = turns[at]
        if isinstance(turn, UserTurn):
            return Exchange(turn.content, turns[:at], turns[at + 1 :])
    return Exchange("", (), turns)


def parse(content: str) -> Any:
    """Parse a tool's result as JSON; return the text itself if it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content


def is_scalar(value: Any) -> bool:
    """Return whether the value is a number, text, boolean or null."""
    return value is None or isinstance(value, str | int | float)


def main_value(value: Any) -> Any:
    """Return the single value of a result: its ``result``, or itself; None if it has several."""
    if isinstance(value, Mapping):
        named = [value[name] for name in RESULT_NAMES if name in value]
        only = list(value.values()) if len(value) == 1 else []
        value = next((each for each in [*named, *only] if is_scalar(each)), None)
    return value if is_scalar(value) else None


def last_value(turns: Sequence[Turn]) -> str | None:
    """Return the value of the last successful result as text; None without one."""
    for turn in reversed(turns):
        if isinstance(turn, ToolTurn) and not turn.is_error:
            value = main_value(parse(turn.content))
            return None if value is None or isinstance(value, bool) else str(value)
    return None
