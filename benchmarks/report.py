"""What was measured, as medians and ratios, in a table or as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

FIGURES: Final = {
    "cpu_ms": "CPU ms/turn",
    "database_cpu_ms": "database ms/turn",
    "first_piece_ms": "first piece ms",
    "turns_per_second": "turns/s",
}
_ROW: Final = "{:<14}{:<10}" + "{:>18}" * len(FIGURES)


@dataclass(frozen=True, slots=True)
class Sample:
    """One load on one target. CPU is per turn, and None where it cannot be had."""

    cpu_ms: float | None
    database_cpu_ms: float | None
    first_piece_ms: float
    turns_per_second: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One load on two targets in turn: ``limit[i]`` and ``service[i]`` ran one after the other."""

    load: str
    limit: Sequence[Sample]
    service: Sequence[Sample]

    def to_json(self) -> dict[str, Any]:
        """Return the medians of both and, for each figure, the median of the rounds' ratios."""
        return {
            "load": self.load,
            "relay": {name: _median(_values(self.limit, name)) for name in FIGURES},
            "puerto": {name: _median(_values(self.service, name)) for name in FIGURES},
            "ratio": {name: _median(self._ratios(name)) for name in FIGURES},
        }

    def _ratios(self, name: str) -> list[float]:
        pairs = zip(_values(self.limit, name), _values(self.service, name), strict=True)
        return [service / limit for limit, service in pairs if limit]


def _values(samples: Sequence[Sample], name: str) -> list[float]:
    values = [getattr(sample, name) for sample in samples]
    return [value for value in values if value is not None]


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 3) if values else None


def table(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as lines of text, ``-`` for what could not be measured."""
    lines = [_ROW.format("", "", *FIGURES.values())]
    for comparison in map(Comparison.to_json, comparisons):
        for number, who in enumerate(("relay", "puerto", "ratio")):
            figures = [_text(comparison[who][name], who) for name in FIGURES]
            lines.append(_ROW.format("" if number else comparison["load"], who, *figures))
    return "\n".join(lines)


def _text(value: float | None, who: str) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}{'x' if who == 'ratio' else ''}"
