"""Runs ``puerto`` and looks, from a SIGUSR1 to a SIGUSR2, at what it spends its CPU time on.

``python benchmarks/profiled.py FILE serve`` is ``puerto serve`` that leaves in FILE, as JSON,
how often it was found in which function, and for which of the functions that are not Python's
own. A timer that runs only while the process does looks some hundred times a second: that
changes nothing of what is measured, as a profiler that sees each call would. Time in C counts
for the function that called it, the event loop's own for the first function that it calls.
"""

import json
import signal
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

SECONDS: Final = 0.001  # as often as the system can
_LIBRARY: Final = sysconfig.get_path("stdlib") + "/"
_PACKAGES: Final = sysconfig.get_path("purelib") + "/"


class Sampler:
    """Where the process was found. Started and stopped by signals."""

    def __init__(self) -> None:
        self._found: Counter[tuple[CodeType, CodeType]] = Counter()
        signal.signal(signal.SIGPROF, self._look)
        signal.signal(signal.SIGUSR1, lambda *_: self._look_every(SECONDS))
        signal.signal(signal.SIGUSR2, lambda *_: self._look_every(0))

    def _look_every(self, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds, seconds)

    def _look(self, _: int, frame: FrameType | None) -> None:
        if frame is not None:
            self._found[frame.f_code, _responsible(frame).f_code] += 1

    def save(self, file: Path) -> None:
        """Write what was found."""
        found = [
            {"function": _place(code), "responsible": _place(caller), "times": times}
            for (code, caller), times in self._found.items()
        ]
        file.write_text(json.dumps(found))


def _responsible(frame: FrameType) -> FrameType:
    """Return the nearest caller that is not of Python's own library; without one, the frame."""
    caller: FrameType | None = frame
    while caller is not None and _is_pythons_own(caller.f_code.co_filename):
        caller = caller.f_back
    return caller or frame


def _is_pythons_own(file: str) -> bool:
    is_installed = file.startswith(_PACKAGES)  # a folder of the library, where there is no venv
    return file.startswith("<") or (file.startswith(_LIBRARY) and not is_installed)


def _place(code: CodeType) -> tuple[str, int, str]:
    return code.co_filename, code.co_firstlineno, code.co_qualname


def main() -> None:
    """Take the file from the command line; the rest of it is Puerto's."""
    sys.path.remove(str(Path(__file__).parent))  # ours are no modules of the service
    file = Path(sys.argv.pop(1))
    sampler = Sampler()
    from puerto.__main__ import main as run

    try:
        run()
    finally:
        sampler.save(file)


if __name__ == "__main__":
    main()
