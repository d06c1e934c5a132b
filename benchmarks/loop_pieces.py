"""The program, on an event loop that notes how long each piece of work holds it.

``LOOP_PIECES=FILE python benchmarks/loop_pieces.py serve ...`` is ``puerto serve ...``. What a
callback or a step of a task takes of the loop's thread, in seconds of CPU, is a line of the file;
what takes less than `LEAST` is none. CPU and not time: another thread, or another program, that has
the processor meanwhile is no work of the loop's.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, Final

LEAST: Final = 0.0005  # seconds


def main() -> None:
    """Run the program."""
    note = Path(os.environ["LOOP_PIECES"]).open("a", buffering=1)  # noqa: SIM115  to the end
    handle: Any = asyncio.Handle
    run = handle._run  # noqa: SLF001  the loop has no hook for it

    def timed(self: asyncio.Handle) -> None:
        began = time.thread_time()
        run(self)
        if (took := time.thread_time() - began) > LEAST:
            note.write(f"{took:.6f}\n")

    handle._run = timed  # noqa: SLF001
    from entrypoints.server import main_loop

    loops: Any = main_loop
    loops.auto_loop_factory = lambda **_: asyncio.new_event_loop  # others run in C
    from entrypoints.cli import app

    app()


if __name__ == "__main__":
    main()
