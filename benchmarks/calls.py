"""Calls of every operation of OpenAPI documents, judged against the documents as they stand.

``python benchmarks/calls.py FOLDER`` learns each document in the folder (``*.json``, ``*.yaml``,
``*.yml``) and calls each tool a few times, with arguments that are generated from its schema, by
the code that chats use. A local server judges each request by the original document: address,
parameters, and bodies are read as their styles and media types say, and what comes of it must fit
the schemas, of which openapi-schema-validator is the judge. Where openapi-core and bravado-core
are installed, they are asked about each request, too.

A table is printed, with each malformed call below. A call is argued where the document says
something against itself, as ``calls_argued.json`` explains. It ends with 1 if anything was
malformed, or an operation could not be called, and with 2 if nothing was.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # also where there is no editable install

from calls_run import Outcome, run

KINDS: Final = (".json", ".yaml", ".yml")
MOST: Final = 20  # malformed calls of one document that are shown
HEAD: Final = (
    "document",
    "operations",
    "tools",
    "calls",
    "malformed",
    "argued",
    "arguments refused",
    "a library agrees",
    "seconds",
)


def _cells(outcome: Outcome) -> Sequence[str]:
    agreed = outcome.asked - outcome.disagreed.total()
    return (
        outcome.document,
        f"{outcome.operations:,}",
        f"{outcome.tools:,}",
        f"{outcome.calls:,}",
        f"{len(outcome.malformed):,}",
        f"{outcome.argued:,}",
        f"{outcome.refused.total():,}",
        f"{agreed:,} of {outcome.asked:,}" if outcome.asked else "",
        f"{outcome.seconds:.1f}",
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _tell(found: Sequence[Outcome]) -> None:
    for each in found:
        for call in each.malformed[:MOST]:
            print(f"\n{each.document}: {call['operation']} {json.dumps(call['arguments'])[:500]}")
            print(f"  {call['request'][:500]} {call['body'][:500]}")
            print("\n".join(f"  - {problem[:500]}" for problem in call["problems"][:5]))
        if len(each.malformed) > MOST:
            print(f"\n{each.document}: {len(each.malformed) - MOST:,} more")
        for operation, why in each.uncalled.items():
            print(f"\n{each.document}: {operation} was not called: {why[:500]}")
    print(
        f"\n{sum(each.calls for each in found):,} calls of "
        f"{sum(each.tools for each in found):,} tools: "
        f"{sum(len(each.malformed) for each in found):,} malformed, "
        f"{sum(each.argued for each in found):,} argued."
    )


def main(arguments: Sequence[str]) -> int:
    """Call, judge and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the documents are")
    parser.add_argument("--calls", type=int, default=5, help="how many of each operation")
    parser.add_argument("--only", default="", help="a part of the documents' names")
    parser.add_argument("--json", type=Path, help="a file for everything that was found")
    told = parser.parse_args(arguments)
    paths = sorted(
        path for path in told.folder.iterdir() if path.suffix in KINDS and told.only in path.name
    )
    if not paths:
        parser.error(f"no {', '.join(KINDS)} in {told.folder}")
    print(_row(HEAD))
    print(_row(["---", *["--:"] * (len(HEAD) - 1)]))
    found = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for each in pool.map(run, paths, [told.calls] * len(paths)):
            found.append(each)
            print(_row(_cells(each)), flush=True)
    if not sum(each.calls for each in found):
        print(f"Nothing was called: no document of {told.folder} gives a tool.", file=sys.stderr)
        return 2
    _tell(found)
    if told.json:
        rows = [{name: getattr(each, name) for name in each.__slots__} for each in found]
        told.json.write_text(json.dumps(rows, default=str, indent=1))
    return int(any(each.malformed or each.uncalled for each in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
