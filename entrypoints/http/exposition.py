"""Metrics in Prometheus' text exposition format, version 0.0.4.

Written by hand: Prometheus' library counts within one process, and Puerto's figures come from the
database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family: samples of one name with different labels; counters end in ``_total``."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Sequence[tuple[Labels, float]]


def single(name: str, kind: Literal["counter", "gauge"], meaning: str, value: float) -> Family:
    """Return a family of one sample without labels."""
    return Family(name, kind, meaning, [({}, value)])


def exposition(families: Iterable[Family]) -> str:
    """Return the families in the text format."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.samples:
        pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{pairs}}} {value!r}" if pairs else f"{family.name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
