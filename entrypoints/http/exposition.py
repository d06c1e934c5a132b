"""Figures as Prometheus reads them: its text format, version 0.0.4.

Written by hand: the library for it counts in one process, and ours are counted in the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """The figures of one name, told apart by labels; a counter's name ends in ``_total``."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Sequence[tuple[Labels, float]]


def single(name: str, kind: Literal["counter", "gauge"], meaning: str, value: float) -> Family:
    """Return a family of one figure, without labels."""
    return Family(name, kind, meaning, [({}, value)])


def exposition(families: Iterable[Family]) -> str:
    """Return the text."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples:
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{shown}}} {value!r}" if shown else f"{family.name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
