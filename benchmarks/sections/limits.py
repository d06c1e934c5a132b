"""Rate limits: what a turn costs more where they are on, on both databases."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import uvloop
from client import Load, Target
from databases import Databases, databases
from installation import known, provider, puerto
from report import FIGURES, Comparison, markdown, number
from sampling import compare
from section import Goal, Scale, Section

BURST_WEIGHT: Final = 25  # a limit costs little: many turns tell it from chance
_ENGINES: Final = ("PostgreSQL", "SQLite")
_ON: Final = {"RATE_LIMIT_PER_MINUTE": "1000000"}
_MOST: Final = 1.05


def measure(scale: Scale, folder: Path, postgresql: Databases) -> Section:
    """Measure the same turns without and with a limit that none of them reaches."""
    own = folder / "limits"
    own.mkdir()
    with databases("sqlite", own) as sqlite:
        found = {
            engine: _compared(scale, own / engine, database)
            for engine, database in zip(_ENGINES, (postgresql, sqlite), strict=True)
        }
    return Section(
        "Rate limits",
        f"{scale.pieces} pieces an answer, {scale.concurrency} turns at a time.\n\n{_table(found)}",
        {engine: [_figures(each) for each in those] for engine, those in found.items()},
        [
            Goal(f"CPU with limits: {engine}, {each.load}", _MOST, "x", each.ratio("cpu_ms"))
            for engine, those in found.items()
            for each in those
        ],
    )


def _compared(scale: Scale, folder: Path, database: Databases) -> list[Comparison]:
    loads = [
        Load(f"{scale.pause} ms apart", scale.turns, scale.concurrency, scale.pieces, scale.pause),
        Load("in a burst", scale.turns * BURST_WEIGHT, scale.concurrency, scale.pieces, 0),
    ]
    folder.mkdir()
    with _without_and_with(folder, database) as (without, with_limits):
        return uvloop.run(compare(without, with_limits, database, loads, scale.rounds))


@contextmanager
def _without_and_with(folder: Path, database: Databases) -> Iterator[tuple[Target, Target]]:
    """Run a provider, and before it two of Puerto, the second with limits."""
    settings: dict[str, Mapping[str, str]] = {"off": {}, "on": _ON}
    with ExitStack() as stack:
        upstream = stack.enter_context(provider(folder))
        off, on = (
            replace(known(stack.enter_context(running)), name=name)
            for name, running in (
                (name, puerto(folder / name, upstream, database.url(f"limits_{name}"), more=more))
                for name, more in settings.items()
            )
        )
        yield off, on


def _figures(each: Comparison) -> dict[str, object]:
    whole = each.to_json()
    return {
        "load": each.load,
        "off": whole["relay"],
        "on": whole["puerto"],
        "ratio": whole["ratio"],
    }


def _table(found: Mapping[str, list[Comparison]]) -> str:
    rows = []
    for engine, comparisons in found.items():
        for each in comparisons:
            rows += [
                [f"{engine}, {each.load}", "off", *(number(each.of_limit(n)) for n in FIGURES)],
                ["", "on", *(number(each.of_service(name)) for name in FIGURES)],
                ["", "ratio", *(number(each.ratio(name), "x") for name in FIGURES)],
            ]
    return markdown(("load", "limits", *FIGURES.values()), rows)
