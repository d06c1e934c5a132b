"""What was measured, as medians and ratios, in a table or as JSON."""

from collections.abc import Callable, Mapping, Sequence
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

Sample = Mapping[str, float | None]
"""The figures of one round by name; None for what cannot be had."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things measured in turn: ``limit[i]`` and ``service[i]`` are of the same round."""

    load: str
    limit: Sequence[Sample]
    service: Sequence[Sample]

    def of_limit(self, name: str) -> float | None:
        """Return the median of a figure of what is compared with."""
        return _median([sample[name] for sample in self.limit])

    def of_service(self, name: str) -> float | None:
        """Return the median of a figure of what is compared."""
        return _median([sample[name] for sample in self.service])

    def ratio(self, name: str) -> float | None:
        """Return the median of the rounds' ratios."""
        return self._paired(name, lambda limit, service: service / limit if limit else None)

    def added(self, name: str) -> float | None:
        """Return the median of the rounds' differences."""
        return self._paired(name, lambda limit, service: service - limit)

    def _paired(self, name: str, join: Callable[[float, float], float | None]) -> float | None:
        pairs = [
            (limit[name], service[name])
            for limit, service in zip(self.limit, self.service, strict=True)
        ]
        return _median([None if a is None or b is None else join(a, b) for a, b in pairs])

    def to_json(self, names: Sequence[str] = tuple(FIGURES)) -> dict[str, Any]:
        """Return the medians of both and, for each figure, the median of the rounds' ratios."""
        return {
            "load": self.load,
            "relay": {name: self.of_limit(name) for name in names},
            "puerto": {name: self.of_service(name) for name in names},
            "ratio": {name: self.ratio(name) for name in names},
        }


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 3) if known else None


def table(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as lines of text, ``-`` for what could not be measured."""
    lines = [_ROW.format("", "", *FIGURES.values())]
    for comparison in comparisons:
        for number, (who, figures) in enumerate(lines_of(comparison, tuple(FIGURES))):
            lines.append(_ROW.format("" if number else comparison.load, who, *figures))
    return "\n".join(lines)


def lines_of(comparison: Comparison, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the texts of the figures of the relay, of Puerto, and of their ratio."""
    return [
        ("relay", [number(comparison.of_limit(name)) for name in names]),
        ("puerto", [number(comparison.of_service(name)) for name in names]),
        ("ratio", [number(comparison.ratio(name), "x") for name in names]),
    ]


def number(value: float | None, unit: str = "") -> str:
    """Return a figure as text, ``-`` for one that could not be measured."""
    return "-" if value is None else f"{value:.2f}{unit}"


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
