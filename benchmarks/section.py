"""A part of what is measured: its tables, its figures, and how far its goals are reached."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from report import markdown, number


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and the most that it may be. ``found`` None: it could not be measured."""

    what: str
    at_most: float
    unit: str
    found: float | None

    @property
    def is_met(self) -> bool | None:
        """Tell whether it is reached; None: nobody knows."""
        return None if self.found is None else self.found <= self.at_most


@dataclass(frozen=True, slots=True)
class Section:
    """``body`` is Markdown, ``figures`` the same for a program."""

    title: str
    body: str
    figures: dict[str, Any]
    goals: Sequence[Goal] = ()

    def to_json(self) -> dict[str, Any]:
        """Return figures and goals."""
        goals = [asdict(goal) | {"is_met": goal.is_met} for goal in self.goals]
        return {"figures": self.figures, "goals": goals}


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: sizes, and how often."""

    rounds: int
    turns: int  # paced ones in a round; in a burst, several times as many
    concurrency: int
    pieces: int
    pause: int  # milliseconds
    sockets: int
    rest_seconds: float  # before memory is looked at
    requests: int  # for a list, in a round
    messages: tuple[int, ...]
    tools: tuple[int, ...]
    conversations: tuple[int, ...]


def goals_table(goals: Sequence[Goal]) -> str:
    """Return the goals in Markdown: what is asked, what was found, whether that is enough."""
    says = {True: "yes", False: "**no**", None: "not measured"}
    rows = [
        [
            goal.what,
            f"{goal.at_most:g}{goal.unit}",
            number(goal.found, goal.unit),
            says[goal.is_met],
        ]
        for goal in goals
    ]
    return markdown(("figure", "at most", "found", "met"), rows)
