"""What all code of a process shares, and no plugin may change: noticed, named and put back.

The functions of Python's that everybody uses (`plugins.containment.standard_functions`); the
working folder, since paths in settings may be relative to it; `logging.disable`, which silences
everybody; the hooks that are told of errors, without which no thread starts; a lower limit of
recursion, at which the service's own code fails; variables of the environment that went away;
warnings that became errors; the timeout of new sockets; how long a thread may run alone; the most
open files; and the handlers of the signals that stop the service.
"""

import logging
import os
import resource
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from plugins.containment.standard_functions import StandardFunctions

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_HOOKS: Final = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (threading, "excepthook"),
)
_MOST_NAMED: Final = 5

_log: Final = logging.getLogger(__name__)


class Report(Protocol):
    """Takes down what a plugin did to the process; from any thread, and at once."""

    def __call__(self, plugin: str, what: str, *, is_grave: bool) -> None:
        """Take it down; ``is_grave`` says that the plugin is to be set aside for it."""
        ...


class Change(NamedTuple):
    """What was changed, in words, and whether the service cannot live with that."""

    what: str
    is_grave: bool = False


class ProcessState:
    """How the process was when this was made; looking costs some twenty microseconds.

    ``report`` is told of the changes of which it is known whose they were.
    """

    def __init__(self, report: Report | None = None) -> None:
        self._report = report
        self._functions = StandardFunctions()
        self._folder = _folder()
        self._disabled = logging.root.manager.disable
        self._recursion = sys.getrecursionlimit()
        self._hooks = [(holder, name, getattr(holder, name)) for holder, name in _HOOKS]
        self._environ = dict(os.environ)
        self._errors = _error_filters()
        self._timeout = socket.getdefaulttimeout()
        self._interval = sys.getswitchinterval()
        self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
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

    def put_back(self) -> list[Change]:
        """Put back what was changed since the last look, and return what that was."""
        changes = self.put_back_functions()  # first: nothing else would run
        with self._lock:
            return [
                *changes,
                *self._put_back_first(),
                *self._put_back(),
                *self._put_back_limits(),
            ]

    def put_back_functions(self) -> list[Change]:
        """Put back what was taken away or replaced of Python's functions; return what that was."""
        with self._lock:
            names = [*self._functions.put_back()]
        if not names:
            return []
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        return [Change(f"replaced {', '.join(names[:_MOST_NAMED])}{more}", is_grave=True)]

    def tell(self, who: str, plugin: str, change: Change) -> None:
        """Log a change, and report it if it is known which plugin's it was."""
        _log.error("%s: %s; it is put back. A plugin may not change the process", who, change.what)
        self.report(plugin, change)

    def report(self, plugin: str, change: Change) -> None:
        """Report a change, if it is known which plugin's it was."""
        if plugin and self._report is not None:
            self._report(plugin, change.what, is_grave=change.is_grave)

    def _put_back_first(self) -> Iterator[Change]:
        """Put back that without which nothing else would run, or be read of."""
        if (limit := sys.getrecursionlimit()) < self._recursion:
            sys.setrecursionlimit(self._recursion)
            yield Change(f"the limit of recursion was lowered to {limit}")
        if logging.root.manager.disable != self._disabled:
            logging.disable(self._disabled)
            yield Change("logging was disabled")

    def _put_back(self) -> Iterator[Change]:
        for holder, name, hook in self._hooks:
            if getattr(holder, name, None) is not hook:
                setattr(holder, name, hook)
                yield Change(f"{holder.__name__}.{name} was changed")
        if self._folder is not None and (folder := _folder()) != self._folder:
            with suppress(OSError):  # it is gone
                os.chdir(self._folder)
            yield Change(f"the working folder was changed to {folder}")
        if len(os.environ) < len(self._environ):  # to compare all would take as long as the rest
            gone = self._environ.keys() - os.environ.keys()
            os.environ.update({name: self._environ[name] for name in gone})
            named = ", ".join(sorted(gone)[:_MOST_NAMED])
            yield Change(f"{len(gone)} variables were taken out of the environment ({named})")
        for number, handler in self._handlers.items():
            if (other := signal.getsignal(number)) != handler:
                with suppress(ValueError):  # not the main thread: the next look puts it back
                    signal.signal(number, handler)
                yield Change(f"the handler of {number.name} was changed to {_named(other)}")

    def _put_back_limits(self) -> Iterator[Change]:
        if new := [each for each in _error_filters() if each not in self._errors]:
            filters: Any = warnings.filters  # a list, as `warnings` itself has it
            filters[:] = [each for each in filters if each not in new]
            yield Change("warnings were made errors")
        if (timeout := socket.getdefaulttimeout()) != self._timeout:
            socket.setdefaulttimeout(self._timeout)
            yield Change(f"the timeout of new sockets was set to {timeout} s")
        if (interval := sys.getswitchinterval()) != self._interval:
            sys.setswitchinterval(self._interval)
            yield Change(f"threads were let run alone for {interval:g} s")
        if (files := resource.getrlimit(resource.RLIMIT_NOFILE))[0] < self._files[0]:
            with suppress(ValueError, OSError):  # the hard limit was lowered, too
                resource.setrlimit(resource.RLIMIT_NOFILE, self._files)
            self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
            yield Change(f"the limit of open files was lowered to {files[0]}")
        elif files != self._files:  # the service raises it when it starts to listen
            self._files = files


def _error_filters() -> list[Any]:
    return [each for each in warnings.filters if each[0] == "error"]


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
def watching_process(report: Report | None = None) -> Iterator[None]:
    """Let `check_process` look at the process as it is now, for as long as this lasts.

    ``report`` is told what a plugin changed, if it is known which one did.
    """
    state = ProcessState(report)
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


def check_process(who: str, plugin: str = "") -> None:
    """Look whether ``who``, whose code has just run, changed the process, if that is watched.

    ``plugin`` is whose code that is; it is empty where nobody knows.
    """
    for state in _watched:
        for change in state.put_back():
            state.tell(who, plugin, change)


def check_functions(who: str, plugin: str) -> None:
    """Look whether the plugin's code replaced functions of Python's: the first half of a look."""
    for state in _watched:
        for change in state.put_back_functions():
            state.tell(who, plugin, change)


def check_unknown(who: Callable[[], tuple[str, str]]) -> None:
    """Look at it where it is found out only then, as name and plugin, who may have changed it."""
    for state in _watched:
        for change in state.put_back():
            state.tell(*who(), change)


def blame(plugin: str, who: str, what: str) -> None:
    """Report what a plugin did that the service cannot live with, and was kept from doing."""
    for state in _watched:
        _log.error("%s %s: it was kept from that", who, what)
        state.report(plugin, Change(what, is_grave=True))
