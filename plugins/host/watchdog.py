"""Watchdog of the event loop: detects that it is blocked, and quarantines the code that blocks it.

A tool that sleeps or computes in async code stops everybody's streams. It cannot be interrupted,
but it can be identified and quarantined.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final

from domain.plugins.switches import SwitchKind
from domain.shared.log_context import RUN, bound
from plugins.containment.acting import check_between
from plugins.host.admission import hands_over, run_of, running_in

_OURS: Final = frozenset({"domain", "adapters", "plugins", "entrypoints"})
_LOOKS: Final = 8  # at the loop, in the time that it may be blocked
_log: Final = logging.getLogger(__name__)

OwnerOf = Callable[[str], str | None]
SetAside = Callable[[SwitchKind, str, str], None]


@dataclass(frozen=True, slots=True)
class Culprit:
    """The plugin or tool that blocks the loop; ``place`` is the file and line.

    ``run_id`` is the run whose call it is, if it is one.
    """

    kind: SwitchKind
    name: str
    place: str
    run_id: str = ""

    def log(self, text: str, *arguments: object) -> None:
        """Log an error, with the run in the context of the line if there is one."""
        with bound(**({RUN: self.run_id} if self.run_id else {})):
            _log.error(text, *arguments)


class LoopWatch:
    """Watches the event loop that it is started on, from a thread.

    Where a plugin's code blocks it for ``seconds``, that is logged at once; and when the loop is
    free again, ``set_aside`` is called in that thread with the tool, or with the plugin if it is no
    tool's code, and the reason. ``owner_of`` returns the plugin that a module belongs to.
    """

    def __init__(self, owner_of: OwnerOf, set_aside: SetAside, seconds: float) -> None:
        self._owner_of = owner_of
        self._set_aside = set_aside
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch the running loop."""
        loop, watched = asyncio.get_running_loop(), threading.get_ident()
        self._thread = threading.Thread(
            target=self._watch, args=(loop, watched), name="puerto watchdog", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. Stopping twice is no error."""
        self._stopped.set()

    def _watch(self, loop: asyncio.AbstractEventLoop, watched: int) -> None:
        pause = self._seconds / _LOOKS
        while not self._stopped.wait(pause):
            check_between()  # also here: a replaced standard function would break what follows
            ticked = threading.Event()

            def tick(ticked: threading.Event = ticked) -> None:
                check_between()
                ticked.set()

            try:
                loop.call_soon_threadsafe(tick)
            except RuntimeError:  # the loop is closed
                return
            self._await_tick(ticked, watched, pause)

    def _await_tick(self, ticked: threading.Event, watched: int, pause: float) -> None:
        """Wait for the loop's tick, and report the culprit if it took too long.

        Looks are counted, not seconds: while the process was stopped (SIGSTOP) nobody blocked it.
        """
        looks, early, culprit = 0, None, None
        while not ticked.wait(pause) and not self._stopped.is_set():
            looks += 1
            if looks == _LOOKS // 2:
                early = self._culprit(watched)
            if looks == _LOOKS:
                culprit = self._confirmed(self._culprit(watched), early)
        if culprit is not None:
            blocked = f"blocked the event loop for {looks * pause:.1f} s at {culprit.place}"
            culprit.log("%s %s is set aside: it %s", culprit.kind, culprit.name, blocked)
            self._set_aside(culprit.kind, culprit.name, blocked)

    def _confirmed(self, culprit: Culprit | None, early: Culprit | None) -> Culprit | None:
        """Log the culprit, and return it if it was the culprit at the earlier look as well."""
        if culprit is None or early is None:
            _log.warning("The event loop is blocked, by no plugin's code")
            return None
        culprit.log("%s %s blocks the event loop at %s", culprit.kind, culprit.name, culprit.place)
        return culprit if (culprit.kind, culprit.name) == (early.kind, early.name) else None

    def _culprit(self, watched: int) -> Culprit | None:
        frame = sys._current_frames().get(watched)  # noqa: SLF001  the only way to another thread's stack
        return None if frame is None else find_culprit(frame, self._owner_of)


def find_culprit(innermost: FrameType, owner_of: OwnerOf) -> Culprit | None:
    """Return the plugin or tool whose code a stack is in, with its innermost position; or None.

    Plugins are not blamed for time in Puerto's own code, even where they called it or passed it the
    data that keep it busy.
    """
    owner, place = None, ""
    frame: FrameType | None = innermost
    while frame is not None:
        if owner is None:
            module = frame.f_globals.get("__name__", "")
            owner = owner_of(module)
            place = _place(frame) if owner is not None else ""
            if owner is None and module.partition(".")[0] in _OURS and not hands_over(frame):
                return None
        if (tool := running_in(frame)) is not None:
            run_id = run_of(frame)
            return Culprit(SwitchKind.TOOL, tool.spec.name, place or _place(innermost), run_id)
        frame = frame.f_back
    return None if owner is None else Culprit(SwitchKind.PLUGIN, owner, place)


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
