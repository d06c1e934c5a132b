"""Where the time goes: the functions, and the packages, that take most of a streamed turn."""

import json
import os
import signal
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvloop
from client import Load, Target, drive
from databases import Databases
from installation import HERE, known, provider, puerto
from processes import ROOT, cpu_seconds
from report import markdown, number
from section import Scale, Section

from sections.turns import BURST_WEIGHT

SHOWN: Final = 10
MORE: Final = 3  # times the turns of a round: a few hundred samples a second are not many
_PURELIB: Final = sysconfig.get_path("purelib")
_HOME: Final[dict[str, str]] = {_PURELIB: "", sysconfig.get_path("stdlib"): "python", str(ROOT): ""}


@dataclass(frozen=True, slots=True)
class Profile:
    """How often a process was found in which function, in the care of which package."""

    load: str
    cpu_ms: float | None  # of a turn
    functions: Counter[str]
    packages: Counter[str]

    def table(self) -> str:
        """Return the largest of both, side by side."""
        functions, packages = _shares(self.functions), _shares(self.packages)
        packages += [("", 0.0)] * (len(functions) - len(packages))
        rows = [
            [f"`{function}`", *self._of(share), f"`{package}`" if package else "", *self._of(part)]
            for (function, share), (package, part) in zip(functions, packages, strict=False)
        ]
        titles = (f"function, {self.load}", "ms/turn", "share", "package", "ms/turn", "share")
        return markdown(titles, rows)

    def _of(self, share: float) -> list[str]:
        ms = None if self.cpu_ms is None else share * self.cpu_ms
        return [number(ms), f"{share:.1%}"] if share else ["", ""]

    def to_json(self) -> dict[str, Any]:
        """Return the shares of the largest."""
        return {
            "load": self.load,
            "cpu_ms": self.cpu_ms,
            "functions": dict(_shares(self.functions)),
            "packages": dict(_shares(self.packages)),
        }


def _shares(found: Counter[str]) -> list[tuple[str, float]]:
    return [(name, times / found.total()) for name, times in found.most_common(SHOWN)]


def measure(scale: Scale, folder: Path, database: Databases) -> Section:
    """Profile streamed turns, with pieces one by one and in a burst."""
    shape, turns = (scale.concurrency, scale.pieces), scale.turns * MORE
    loads = {
        "paced": Load(f"{scale.pause} ms apart", turns, *shape, scale.pause),
        "burst": Load("in a burst", turns * BURST_WEIGHT, *shape, 0),
    }
    with provider(folder) as upstream:
        found = [_profile(name, load, folder, database, upstream) for name, load in loads.items()]
    return Section(
        "Sinks",
        "`POST /api/chat`, streamed: own time of functions, what they call left out, and of "
        "packages, each with what it uses of Python's library.\n\n"
        + "\n\n".join(profile.table() for profile in found),
        {"profiles": [profile.to_json() for profile in found]},
    )


def _profile(name: str, load: Load, folder: Path, database: Databases, upstream: int) -> Profile:
    file = folder / f"{name}.json"
    program = (str(HERE / "profiled.py"), str(file), "serve")
    with puerto(folder / name, upstream, database.url(name), program=program) as bare:
        cpu_ms = uvloop.run(_drive(known(bare), load))
    functions, packages = Counter[str](), Counter[str]()
    for found in json.loads(file.read_text()):
        functions[_function(*found["function"])] += found["times"]
        packages[_package(found["responsible"][0])] += found["times"]
    return Profile(load.name, cpu_ms, functions, packages)


async def _drive(target: Target, load: Load) -> float | None:
    """Return the CPU time of a turn, in milliseconds."""
    await drive(target, load)  # to warm up
    before = cpu_seconds(target.pid)
    os.kill(target.pid, signal.SIGUSR1)
    await drive(target, load)
    os.kill(target.pid, signal.SIGUSR2)
    after = cpu_seconds(target.pid)
    return None if before is None or after is None else (after - before) * 1000 / load.turns


def _function(file: str, line: int, name: str) -> str:
    if file == "<string>":
        return f"{name.rpartition('.')[2]} as dataclasses have it"
    return f"{_short(file)}:{line} {name}"


def _package(file: str) -> str:
    return _short(file).partition("/")[0]


def _short(file: str) -> str:
    for folder, name in _HOME.items():
        if file.startswith(f"{folder}/"):
            return str(Path(name) / Path(file).relative_to(folder))
    return file
