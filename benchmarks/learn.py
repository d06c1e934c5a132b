"""What learning the tools of OpenAPI documents takes, and what comes of it.

``python benchmarks/learn.py FOLDER`` runs ``puerto learn --dry-run --json`` on each document in
the folder (``*.json``, ``*.yaml``, ``*.yml``), one after the other, each in a process of its own,
and prints a Markdown table. Seconds and memory are those of the whole process, start and imports
included; the largest tool is counted as JSON, in its most wordy form.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

KINDS: Final = (".json", ".yaml", ".yml")
HEAD: Final = (
    "document",
    "bytes",
    "operations",
    "tools",
    "skipped",
    "seconds",
    "peak MB",
    "largest tool, bytes",
)
_OWN_WORDS: Final = "puerto: "  # how errors begin that are no crash
_LONG: Final = 2_000  # characters of any other
_KB_IN_MB: Final = 1024 if sys.platform != "darwin" else 1024**2  # of ru_maxrss, by platform


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of one document."""

    name: str
    size: int
    tools: int
    skipped: Counter[str]
    refused: str
    seconds: float
    megabytes: float
    largest: int

    @property
    def operations(self) -> int:
        """Return how many operations the document holds."""
        return self.tools + self.skipped.total()

    def row(self) -> str:
        """Return the row of the table."""
        why = ", ".join(f"{count} {reason}" for reason, count in self.skipped.most_common())
        cells = (
            self.name,
            f"{self.size:,}",
            f"{self.operations:,}",
            f"{self.tools:,}",
            self.refused or why or "0",
            f"{self.seconds:.2f}",
            f"{self.megabytes:.0f}",
            f"{self.largest:,}",
        )
        return _row(cells)


def learn(path: Path) -> Learned:
    """Learn one document in another process."""
    command = [sys.executable, "-m", "puerto", "learn", "--dry-run", "--json", str(path)]
    began = time.perf_counter()
    with (
        TemporaryFile("w+") as told,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=told, cwd=Path(__file__).parents[1]
        ) as process,
    ):
        assert process.stdout is not None
        lines = [json.loads(line) for line in process.stdout]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # it has been waited for
        seconds = time.perf_counter() - began
        told.seek(0)
        problem = told.read()
    if not lines and os.waitstatus_to_exitcode(status) and not problem.startswith(_OWN_WORDS):
        sys.exit(f"{path.name}: puerto learn failed: {problem[-_LONG:]}")
    tools = [line for line in lines if "name" in line]
    return Learned(
        name=path.name,
        size=path.stat().st_size,
        tools=len(tools),
        skipped=Counter(line["reason"] for line in lines if "skipped" in line),
        refused=next((line["reason"] for line in lines if "refused" in line), ""),
        seconds=seconds,
        megabytes=usage.ru_maxrss / _KB_IN_MB,
        largest=max(map(_bytes_of, tools), default=0),
    )


def _bytes_of(tool: dict[str, Any]) -> int:
    return len(json.dumps({key: tool[key] for key in ("name", "description", "parameters")}))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the documents are")
    folder: Path = parser.parse_args(arguments).folder
    paths = sorted(path for path in folder.iterdir() if path.suffix in KINDS)
    if not paths:
        parser.error(f"no {', '.join(KINDS)} in {folder}")
    print(_row(HEAD))
    print(_row(["---", "--:", "--:", "--:", "---", "--:", "--:", "--:"]))
    found = []
    for path in paths:
        found.append(learn(path))
        print(found[-1].row(), flush=True)
    operations = sum(each.operations for each in found)
    tools = sum(each.tools for each in found)
    if not tools:
        sys.exit(f"No document of {folder} gives a tool: there is nothing to tell.")
    with_operations = [each for each in found if each.operations or each.refused]
    giving = sum(bool(each.tools) for each in with_operations)
    print(
        f"\n{giving} of {len(with_operations)} documents with operations give tools; "
        f"{tools:,} of {operations:,} operations are tools; "
        f"the slowest document takes {max(each.seconds for each in found):.2f} s, "
        f"the hungriest {max(each.megabytes for each in found):.0f} MB; "
        f"the largest tool has {max(each.largest for each in found):,} bytes."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
