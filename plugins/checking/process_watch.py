"""Watching a plugin's code change the process while it is imported and tried."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from plugins.checking.findings import Finding, Level, SourcePlace
from plugins.checking.process_calls import RULE
from plugins.containment.process_state import check_process, holding_signals, watching_process

_ADVICE = "take it out: all plugins share this process, and the service puts it back"


@contextmanager
def watched_process(name: str, subject: str, place: SourcePlace) -> Iterator[list[Finding]]:
    """Yield the findings, complete at the end, about what a plugin's code changes meanwhile.

    ``name`` is the plugin's, ``place`` where that code begins; ``subject`` is empty for the
    plugin's import and hooks. Changes are put back.
    """
    findings: list[Finding] = []
    when = "when it runs" if subject else "when it is imported or registers"

    def report(plugin: str, what: str, *, is_grave: bool) -> None:  # noqa: ARG001  the port's
        level = Level.ERROR if is_grave else Level.WARNING
        findings.append(Finding(level, RULE, subject, f"{when}, {what}", _ADVICE, place))

    variables = dict(os.environ)
    with watching_process(report), holding_signals():
        try:
            yield findings
        finally:
            check_process(f"the plugin {name}", name)
            if changed := _changed(variables):
                report(name, f"variables of the environment were set ({changed})", is_grave=False)


class LeftThreads:
    """Finds the threads that a plugin starts from now on, and that keep a process from ending."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    def findings(self, owns: Callable[[str], bool]) -> Iterator[Finding]:
        """Yield a finding for each that still runs, and is no daemon; ``owns`` tells its module."""
        for thread in threading.enumerate():
            if thread in self._before or thread.daemon:
                continue
            if (began := _start_of(thread, owns)) is not None:
                yield Finding(
                    Level.WARNING,
                    RULE,
                    "",
                    "a thread of this function goes on, and keeps the service from stopping",
                    "pass daemon=True, and end it in a lifespan",
                    began,
                )


def _changed(before: dict[str, str]) -> str:
    """Restore variables that were added or changed, and return their names; never the values."""
    now = dict(os.environ)
    names = [name for name, value in now.items() if before.get(name) != value]
    for name in names:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    return ", ".join(sorted(names))


def _start_of(thread: threading.Thread, owns: Callable[[str], bool]) -> SourcePlace | None:
    """Return where the plugin's function begins that a thread runs; None if it is none of its."""
    target = getattr(thread, "_target", None) or type(thread).run
    code = getattr(target, "__code__", None)
    is_its = owns(str(getattr(target, "__module__", "")))
    return SourcePlace.of(code) if is_its and code is not None else None
