"""Global state of the process: changes by plugins are detected, reported and undone.

Watched are Python's standard functions (`plugins.containment.standard_functions`); the task factory
of the event loop, by which the owner of each task is known; the log
(`plugins.containment.log_state`); the working folder, since paths may be relative to it;
the exception hooks, without which no thread starts; a lower recursion limit, at which the service's
own code fails; removed environment variables; warnings that became errors; the default timeout of
sockets; the switch interval of threads; the limit of open files; and the handlers of the signals
that stop the service.
"""

import asyncio
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

from plugins.containment.log_state import LogState
from plugins.containment.standard_functions import StandardFunctions

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_HOOKS: Final = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (threading, "excepthook"),
)
_MOST_NAMED: Final = 5

_log: Final = logging.getLogger(__name__)


class ReportChange(Protocol):
    """Records what a plugin did to the process. Can be called from any thread; does not block."""

    def __call__(self, plugin: str, what: str, *, is_grave: bool) -> None:
        """Record it; ``is_grave`` means that the plugin must be quarantined."""
        ...


class ProcessChange(NamedTuple):
    """A description of a change, and whether the plugin must be quarantined for it.

    ``is_checked_each_step``: it is looked for after each step of a plugin's code on the loop.
    """

    what: str
    is_grave: bool = False
    is_checked_each_step: bool = False


class ProcessState:
    """Snapshot of the process's state when this is created; a comparison takes some 20 µs.

    ``report`` is called with the changes that can be attributed to a plugin.
    """

    def __init__(self, report: ReportChange | None = None) -> None:
        self._report = report
        self._functions = StandardFunctions()
        self._folder = _folder()
        self._loop = _running_loop()
        self._makes_tasks = None if self._loop is None else self._loop.get_task_factory()
        self._log = LogState()
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
        """Protect the current signal handlers meanwhile."""
        self._handlers = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            yield
        finally:
            self._handlers = {}

    def put_back(self) -> list[ProcessChange]:
        """Restore what was changed since the last call, and return the changes."""
        changes = self.put_back_each_step()  # first: the rest needs them
        with self._lock:
            return [
                *changes,
                *self._put_back_first(),
                *self._put_back(),
                *self._put_back_limits(),
            ]

    def put_back_each_step(self) -> list[ProcessChange]:
        """Restore Python's standard functions and the task factory, and return the changes."""
        with self._lock:
            names = [*self._functions.put_back()]
            changes = [*self._put_back_tasks()]
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            what = f"replaced {', '.join(names[:_MOST_NAMED])}{more}"
            changes.insert(0, ProcessChange(what, is_grave=True, is_checked_each_step=True))
        return changes

    def _put_back_tasks(self) -> Iterator[ProcessChange]:
        if self._loop is not None and self._loop.get_task_factory() is not self._makes_tasks:
            self._loop.set_task_factory(self._makes_tasks)
            yield ProcessChange("the loop's task factory was replaced", is_checked_each_step=True)

    def tell(self, who: str, plugin: str, change: ProcessChange) -> None:
        """Log a change, and report it if ``plugin`` is not empty."""
        _log.error("%s: %s; it is put back. A plugin may not change the process", who, change.what)
        self.report(plugin, change)

    def report(self, plugin: str, change: ProcessChange) -> None:
        """Report a change if ``plugin`` is not empty."""
        if plugin and self._report is not None:
            self._report(plugin, change.what, is_grave=change.is_grave)

    def _put_back_first(self) -> Iterator[ProcessChange]:
        """Restore the recursion limit and logging, which the rest needs."""
        if (limit := sys.getrecursionlimit()) < self._recursion:
            sys.setrecursionlimit(self._recursion)
            yield ProcessChange(f"the limit of recursion was lowered to {limit}")
        yield from map(ProcessChange, self._log.put_back())

    def _put_back(self) -> Iterator[ProcessChange]:
        for holder, name, hook in self._hooks:
            if getattr(holder, name, None) is not hook:
                setattr(holder, name, hook)
                yield ProcessChange(f"{holder.__name__}.{name} was changed")
        if self._folder is not None and (folder := _folder()) != self._folder:
            with suppress(OSError):  # it is gone
                os.chdir(self._folder)
            yield ProcessChange(f"the working folder was changed to {folder}")
        if len(os.environ) < len(self._environ):  # to compare all would take as long as the rest
            gone = self._environ.keys() - os.environ.keys()
            os.environ.update({name: self._environ[name] for name in gone})
            named = ", ".join(sorted(gone)[:_MOST_NAMED])
            yield ProcessChange(
                f"{len(gone)} variables were taken out of the environment ({named})"
            )
        for number, handler in self._handlers.items():
            if (other := signal.getsignal(number)) != handler:
                with suppress(ValueError):  # not the main thread: a later call restores it
                    signal.signal(number, handler)
                yield ProcessChange(
                    f"the handler of {number.name} was changed to {_name_of_handler(other)}"
                )

    def _put_back_limits(self) -> Iterator[ProcessChange]:
        if new := [each for each in _error_filters() if each not in self._errors]:
            filters: Any = warnings.filters  # a list, as `warnings` itself has it
            filters[:] = [each for each in filters if each not in new]
            yield ProcessChange("warnings were made errors")
        if (timeout := socket.getdefaulttimeout()) != self._timeout:
            socket.setdefaulttimeout(self._timeout)
            yield ProcessChange(f"the timeout of new sockets was set to {timeout} s")
        if (interval := sys.getswitchinterval()) != self._interval:
            sys.setswitchinterval(self._interval)
            yield ProcessChange(f"threads were let run alone for {interval:g} s")
        if (files := resource.getrlimit(resource.RLIMIT_NOFILE))[0] < self._files[0]:
            with suppress(ValueError, OSError):  # the hard limit was lowered, too
                resource.setrlimit(resource.RLIMIT_NOFILE, self._files)
            self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
            yield ProcessChange(f"the limit of open files was lowered to {files[0]}")
        elif files != self._files:  # the service raises it when it starts to listen
            self._files = files


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _error_filters() -> list[Any]:
    return [each for each in warnings.filters if each[0] == "error"]


def _folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return None


def _name_of_handler(handler: Any) -> str:
    """Return the full name of a handler, which shows whose it is."""
    module = getattr(handler, "__module__", None)
    name = getattr(handler, "__qualname__", None) or str(handler)
    return f"{module}.{name}" if module and module != "enum" else name


_watched: Final[list[ProcessState]] = []


@contextmanager
def watching_process(report: ReportChange | None = None) -> Iterator[None]:
    """Protect the current state of the process meanwhile: `check_process` restores it.

    ``report`` is called with the changes that can be attributed to a plugin.
    """
    state = ProcessState(report)
    _watched.append(state)
    try:
        yield
    finally:
        _watched.remove(state)


@contextmanager
def holding_signals() -> Iterator[None]:
    """Protect the current signal handlers meanwhile, where the process is watched."""
    with ExitStack() as stack:
        for state in _watched:
            stack.enter_context(state.holding_signals())
        yield


def check_process(who: str, plugin: str = "") -> None:
    """Restore the process's state after code of ``who`` has run, and report the changes.

    ``plugin`` is the plugin whose code it is; empty if that is not known.
    """
    for state in _watched:
        for change in state.put_back():
            state.tell(who, plugin, change)


def check_step(who: str, plugin: str) -> None:
    """Do the part of `check_process` that is cheap and urgent enough for each step on the loop."""
    for state in _watched:
        if changes := state.put_back_each_step():
            for change in [*changes, *state.put_back()]:  # the log must be restored to log them
                state.tell(who, plugin, change)


def check_unknown(suspect: Callable[[ProcessChange], tuple[str, str]]) -> None:
    """Do the same when it is not known whose code ran.

    ``suspect`` returns description and plugin of the code that made a change.
    """
    for state in _watched:
        for change in state.put_back():
            state.tell(*suspect(change), change)


def blame(plugin: str, who: str, what: str) -> None:
    """Log and report a grave offence that was prevented."""
    for state in _watched:
        _log.error("%s %s: it was kept from that", who, what)
        state.report(plugin, ProcessChange(what, is_grave=True))
