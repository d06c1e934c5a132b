"""Turns: in each way to ask, with pieces that come one by one and in a burst."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop
from client import WAYS, Load, Way
from databases import Databases
from installation import both
from report import FIGURES, Comparison, lines_of, markdown, number
from sampling import compare
from section import Goal, Scale, Section

BURST_WEIGHT: Final = 5
ALONE_PIECES: Final = 20  # enough: what counts is over with the first
_BURST: Final = "in a burst"
_MOST: Final[dict[tuple[Way, bool], float]] = {
    ("streamed", False): 1.8,
    ("streamed", True): 5,
    ("plain", False): 6,
    ("plain", True): 6,
    ("socket", False): 1.8,
    ("socket", True): 5,
}
_MOST_ADDED_MS: Final = 3
_FIRST: Final = "first_piece_ms"


def measure(scale: Scale, folder: Path, database: Databases) -> Section:
    """Measure the relay and Puerto under the same loads, and then one turn at a time."""
    loaded, alone = _loads(scale), _lonely(scale)
    with both(folder, database) as targets:
        found = uvloop.run(compare(*targets, database, [*loaded, *alone], scale.rounds))
    busy, unhurried = found[: len(loaded)], found[len(loaded) :]
    return Section(
        "Turns",
        f"{scale.pieces} pieces an answer, {scale.concurrency} turns at a time.\n\n"
        f"{_table(loaded, busy)}\n\n"
        f"The first piece, one turn at a time, pieces {scale.pause} ms apart:\n\n"
        f"{_first_pieces(unhurried)}",
        {
            "loads": [each.to_json() for each in busy],
            "alone": [each.to_json() | {"added": each.added(_FIRST)} for each in unhurried],
        },
        [*map(_cpu_goal, loaded, busy), *map(_first_goal, unhurried)],
    )


def _loads(scale: Scale) -> list[Load]:
    shape = (scale.concurrency, scale.pieces)
    return [
        load
        for way, title in WAYS.items()
        for load in (
            Load(f"{title}, {scale.pause} ms apart", scale.turns, *shape, scale.pause, way),
            Load(f"{title}, {_BURST}", scale.turns * BURST_WEIGHT, *shape, 0, way),
        )
    ]


def _lonely(scale: Scale) -> list[Load]:
    pieces = min(scale.pieces, ALONE_PIECES)
    ways: tuple[Way, ...] = ("streamed", "socket")
    return [Load(WAYS[way], scale.turns, 1, pieces, scale.pause, way) for way in ways]


def _cpu_goal(load: Load, found: Comparison) -> Goal:
    most = _MOST[load.way, load.pause == 0]
    return Goal(f"CPU of a turn: {load.name}", most, "x", found.ratio("cpu_ms"))


def _first_goal(found: Comparison) -> Goal:
    what = f"added to the first piece, unloaded: {found.load}"
    return Goal(what, _MOST_ADDED_MS, " ms", found.added(_FIRST))


def _table(loads: Sequence[Load], comparisons: Sequence[Comparison]) -> str:
    rows = []
    for load, comparison in zip(loads, comparisons, strict=True):
        for line, (who, figures) in enumerate(lines_of(comparison, tuple(FIGURES))):
            rows.append(["" if line else load.name, who, *figures])
    return markdown(("load", "", *FIGURES.values()), rows)


def _first_pieces(comparisons: Sequence[Comparison]) -> str:
    rows = [
        [
            each.load,
            *map(number, (each.of_limit(_FIRST), each.of_service(_FIRST), each.added(_FIRST))),
        ]
        for each in comparisons
    ]
    return markdown(("", "relay ms", "puerto ms", "added ms"), rows)
