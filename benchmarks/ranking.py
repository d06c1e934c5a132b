"""How well and how fast tools are ranked for a message, with no model and no network.

``python benchmarks/ranking.py FOLDER [--documents FOLDER]`` reads each ``*.json`` in the folder, of
the form ``{name, tools: [{id, name, description, params: {name: description}}], queries: [{q,
gold}]}``, and prints Markdown with what is to be beaten beside the figures. Recall at ``k`` is the
share of a query's right tools among the first ``k``, as a mean over the queries. Weights were
chosen while looking at one half of the queries only; the other half says how they do on what is
new.

With ``--documents`` it also ranks the operations of all OpenAPI documents in that folder, as one
catalogue, for questions that are made of what the documents say: the tool shows the summary and
the question is the description, without half of the words that it shares with the tool; or the
question is half of the summary. Documents of which the file names have an odd CRC-32 are held out:
no weight was chosen while looking at them. `ranking_operations` says exactly how. Each tool's exact
name, alone and in a sentence, must come first always.
"""

import argparse
import gc
import json
import sys
import time
import tracemalloc
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, cycle, islice
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any, Final

import ranking_operations
from ranking_operations import Asked, RealOperation

from domain.tools.ranking import ToolIndex
from domain.tools.tool import Effect, ToolSpec

TO_BEAT: Final = {
    "metatool_2000": {"BM25": (0.593, 0.656), "MiniLM": (0.752, 0.823), "both": (0.687, 0.737)},
    "seal_test_in_domain": {
        "BM25": (0.818, 0.887),
        "MiniLM": (0.579, 0.664),
        "both": (0.731, 0.829),
    },
    "descriptions": {"BM25, documents held out": (0.361, 0.438)},
    "summaries": {"BM25, documents held out": (0.556, 0.634)},
}
"""Recall at 5 and at 10 of BM25, of MiniLM's embeddings, and of both fused by reciprocal rank."""
DEPTHS: Final = (5, 10)
SIZES: Final = (20, 2_000, 5_000)
MOST_MS: Final = 5.0  # for a query among 2,000 tools
TIMED: Final = 500  # queries


@dataclass(frozen=True, slots=True)
class Query:
    """A message and the names of the tools that answer it."""

    text: str
    right: frozenset[str]

    @property
    def is_tuned_on(self) -> bool:
        """Tell whether weights were chosen while looking at it."""
        return zlib.crc32(self.text.encode()) % 2 == 0


@dataclass(frozen=True, slots=True)
class DataSet:
    """Tools, and messages that they answer."""

    name: str
    tools: Sequence[ToolSpec]
    queries: Sequence[Query]


def read(path: Path) -> DataSet:
    """Read a data set."""
    found = json.loads(path.read_text("utf-8"))
    queries = [Query(query["q"], frozenset(query["gold"])) for query in found["queries"]]
    return DataSet(found["name"], [_spec(tool) for tool in found["tools"]], queries)


def _spec(tool: dict[str, Any]) -> ToolSpec:
    properties = {
        name: {"type": "string", "description": says} for name, says in tool["params"].items()
    }
    schema = {"type": "object", "properties": properties}
    return ToolSpec(tool["id"], tool["description"], schema, Effect.READ)


def recalls(index: ToolIndex, queries: Iterable[Query]) -> list[float]:
    """Return the mean recall at each depth."""
    found = [(query.right, index.rank(query.text, max(DEPTHS))) for query in queries]
    return [
        mean(len(right.intersection(names[:depth])) / len(right) for right, names in found)
        for depth in DEPTHS
    ]


def quality(data: DataSet) -> Iterable[str]:
    """Yield a row for each half of the queries, for all, and for what is to be beaten."""
    index = ToolIndex(data.tools)
    parts = {
        "half the weights were chosen on": [q for q in data.queries if q.is_tuned_on],
        "other half": [q for q in data.queries if not q.is_tuned_on],
        "all": data.queries,
    }
    for part, queries in parts.items():
        if queries:
            yield _row(data.name, f"Puerto, {part}", *_figures(recalls(index, queries)))
    for name, figures in TO_BEAT.get(data.name, {}).items():
        yield _row(data.name, name, *_figures(figures))


def real_quality(folder: Path) -> Iterable[str]:
    """Yield a row for each kind of question about the operations of the documents in a folder."""
    found = ranking_operations.operations(folder)
    kinds = {
        "descriptions": ranking_operations.descriptions(found),
        "summaries": ranking_operations.summaries(found),
    }
    for kind, (tools, asked) in kinds.items():
        index = ToolIndex(tools)
        for part, is_held_out in (("documents looked at", False), ("documents held out", True)):
            queries = [_query(one) for one in asked if one.about.is_held_out is is_held_out]
            if queries:
                yield _row(
                    f"{kind}, {len(queries)} questions",
                    f"Puerto, {part}",
                    *_figures(recalls(index, queries)),
                )
        for name, figures in TO_BEAT[kind].items():
            yield _row(kind, name, *_figures(figures))
    yield _row(f"{len(found):,} exact names", "in a sentence", *[f"{named(found):.3f} first"] * 2)


def _query(asked: Asked) -> Query:
    return Query(asked.text, asked.about.right)


def named(found: Sequence[RealOperation]) -> float:
    """Return the share of tools that come first where they are named."""
    index = ToolIndex(each.tool for each in found)
    first = (
        [each.tool.name] == list(index.rank(text, 1))
        for each in found
        for text in (each.tool.name, f"Please call {each.tool.name} for me.")
    )
    return mean(first)


def speed(size: int, sets: Sequence[DataSet]) -> str:
    """Return a row of what so many tools of all the sets cost; there are copies if need be."""
    catalogue = sized(list(chain.from_iterable(data.tools for data in sets)), size)
    began = time.perf_counter()
    index = ToolIndex(catalogue)
    built = time.perf_counter() - began
    texts = [query.text for data in sets for query in data.queries]
    took = []
    for text in texts[:: max(1, len(texts) // TIMED)]:
        began = time.perf_counter()
        index.rank(text, max(DEPTHS))
        took.append((time.perf_counter() - began) * 1_000)
    worst = quantiles(took, n=20)[-1]
    cost = (f"{median(took):.2f}", f"{worst:.2f}", f"{built * 1_000:.0f}")
    return _row(f"{size:,}", *cost, f"{memory_of(catalogue) / 2**20:.1f}")


def sized(tools: Sequence[ToolSpec], size: int) -> list[ToolSpec]:
    """Return so many tools, evenly from all; numbered copies where there are not so many."""
    if size <= len(tools):
        return [tools[at * len(tools) // size] for at in range(size)]
    copies = (replace(tool, name=f"{tool.name}_{at}") for at, tool in enumerate(cycle(tools)))
    return [*tools, *islice(copies, size - len(tools))]


def memory_of(tools: Sequence[ToolSpec]) -> int:
    """Return the bytes that an index takes beside the tools themselves."""
    gc.collect()
    tracemalloc.start()
    index = ToolIndex(tools)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken if len(index) else 0


def _figures(values: Iterable[float]) -> list[str]:
    return [f"{value:.3f}" for value in values]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the data sets are")
    parser.add_argument("--documents", type=Path, help="where OpenAPI documents are")
    given = parser.parse_args(arguments)
    folder: Path = given.folder
    sets = [read(path) for path in sorted(folder.glob("*.json"))]
    if not sets:
        parser.error(f"no *.json in {folder}")
    print(_row("queries", "ranked by", *(f"recall@{depth}" for depth in DEPTHS)))
    print(_row("---", "---", "--:", "--:"))
    for data in sets:
        print(*quality(data), sep="\n")
    for row in real_quality(given.documents) if given.documents else ():
        print(row)
    print()
    print(_row("tools", "ms a query", "ms, slowest 5 %", "ms to build", "MiB"))
    print(_row("--:", "--:", "--:", "--:", "--:"))
    for size in SIZES:
        print(speed(size, sets))
    print(
        f"\nGoals: recall above every row of others; {MOST_MS:g} ms a query among "
        "2,000 tools; of documents held out, 0.50 and 0.65; exact names always first."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
