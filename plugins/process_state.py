"""What all code of a process shares, and no plugin may change: noticed, named and put back.

The working folder, since paths in settings may be relative to it; `logging.disable`, which silences
everybody; the hooks that are told of errors, without which no thread starts; a lower limit of
recursion, at which the service's own code fails; and the handlers of the signals that stop it.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_HOOKS: Final = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (threading, "excepthook"),
)

_log: Final = logging.getLogger(__name__)


class ProcessState:
    """How the process was when this was made; looking costs a few microseconds."""

    def __init__(self) -> None:
        self._folder = _folder()
        self._disabled = logging.root.manager.disable
        self._recursion = sys.getrecursionlimit()
        self._hooks = [(holder, name, getattr(holder, name)) for holder, name in _HOOKS]
        self._handlers: dict[signal.Signals, Any] = {}
        self._lock = threading.Lock()

    @contextmanager
    def holding_signals(self) -> Iterator[None]:
        """Keep the handlers of the signals as they are now, for as long as this lasts."""
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            yield
        finally:
            self._handlers = {}

    def check(self, who: str) -> None:
        """Put back what was changed since the last look, and log it; ``who`` ran meanwhile."""
        with self._lock:
            for change in [*self._put_back_first(), *self._put_back()]:
                _tell(who, change)

    def _put_back_first(self) -> Iterator[str]:
        """Put back that without which nothing else would run, or be read of."""
        if (limit := sys.getrecursionlimit()) < self._recursion:
            sys.setrecursionlimit(self._recursion)
            yield f"the limit of recursion was lowered to {limit}"
        if logging.root.manager.disable != self._disabled:
            logging.disable(self._disabled)
            yield "logging was disabled"

    def _put_back(self) -> Iterator[str]:
        for holder, name, hook in self._hooks:
            if getattr(holder, name, None) is not hook:
                setattr(holder, name, hook)
                yield f"{holder.__name__}.{name} was changed"
        if self._folder is not None and (folder := _folder()) != self._folder:
            with suppress(OSError):  # it is gone
                os.chdir(self._folder)
            yield f"the working folder was changed to {folder}"
        for number, handler in self._handlers.items():
            if (other := signal.getsignal(number)) != handler:
                with suppress(ValueError):  # not the main thread: the next look puts it back
                    signal.signal(number, handler)
                yield f"the handler of {number.name} was changed to {_named(other)}"


def _tell(who: str, what: str) -> None:
    _log.error("%s: %s; it is put back. A plugin may not change the process", who, what)


def _folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return None


def _named(handler: Any) -> str:
    """Return where a handler comes from, which tells whose it is."""
    module = getattr(handler, "__module__", None)
    name = getattr(handler, "__qualname__", None) or str(handler)
    return f"{module}.{name}" if module and module != "enum" else name


_watched: Final[list[ProcessState]] = []


@contextmanager
def watching_process() -> Iterator[None]:
    """Let `check_process` look at the process as it is now, for as long as this lasts."""
    state = ProcessState()
    _watched.append(state)
    try:
        yield
    finally:
        _watched.remove(state)


@contextmanager
def holding_signals() -> Iterator[None]:
    """Let it look at the handlers of the signals, too, as they are now, for as long."""
    with ExitStack() as stack:
        for state in _watched:
            stack.enter_context(state.holding_signals())
        yield


def check_process(who: str) -> None:
    """Look whether ``who``, whose code has just run, changed the process, if that is watched."""
    for state in _watched:
        state.check(who)
