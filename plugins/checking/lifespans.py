"""Trial of a plugin's lifespans: each is entered and left once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from domain.plugins.places import innermost
from domain.plugins.plugin import Lifespan
from domain.shared.untrusted import in_short
from plugins.checking.findings import NOWHERE, Finding, Level, SourcePlace
from plugins.checking.loading import CheckedPlugin
from plugins.checking.process_watch import watched_process
from plugins.checking.sealing import Attempts
from plugins.checking.stage import captured_log

LIFESPAN_SECONDS: Final = 5.0  # to enter or to leave one

_RULE: Final = "lifespan"
_SUBJECT: Final = "lifespan"
_FAILS: Final = "a plugin whose lifespan fails is not used: let its tools fail instead, if you can"
_HANGS: Final = (
    "start what waits as a task, and give each wait a limit: the service waits 15 s, and then goes"
    " on without the plugin"
)


class _Life:
    """One lifespan, entered and left in the same task, as anyio's context managers require."""

    def __init__(self, lifespan: Lifespan) -> None:
        code = getattr(innermost(lifespan), "__code__", None)
        self.place = NOWHERE if code is None else SourcePlace.of(code)
        self.entered = asyncio.Event()
        self.leaving = asyncio.Event()
        self.task = asyncio.ensure_future(self._live(lifespan))

    async def _live(self, lifespan: Lifespan) -> None:
        async with lifespan():
            self.entered.set()
            await self.leaving.wait()


class LifespanTrials:
    """Enters and leaves a plugin's lifespans, without a network; ``seconds`` limits each step."""

    def __init__(
        self, checked: CheckedPlugin, attempts: Attempts, seconds: float = LIFESPAN_SECONDS
    ) -> None:
        self._checked = checked
        self._attempts = attempts
        self._seconds = seconds
        self._entered: list[_Life] = []

    async def enter(self) -> list[Finding]:
        """Enter the lifespans; return the findings."""
        offer = self._checked.offer
        findings: list[Finding] = []
        for lifespan in offer.lifespans if offer is not None else ():
            life = _Life(lifespan)
            findings += await self._step(life, life.entered.wait, "start")
            if life.entered.is_set():
                self._entered.append(life)
        return findings

    async def leave(self) -> list[Finding]:
        """Leave those that were entered, the last one first; return the findings."""
        findings: list[Finding] = []
        for life in reversed(self._entered):
            life.leaving.set()
            findings += await self._step(life, None, "end")
        return findings

    async def _step(
        self, life: _Life, done: Callable[[], Awaitable[object]] | None, what: str
    ) -> Sequence[Finding]:
        attempts = len(self._attempts)
        with (
            captured_log() as lines,
            watched_process(self._checked.candidate.name, _SUBJECT, life.place) as changes,
        ):
            awaited = [life.task] if done is None else [life.task, asyncio.ensure_future(done())]
            await asyncio.wait(awaited, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            found = await self._outcome(life, what, attempts)
        for each in awaited[1:]:
            each.cancel()
        return [*found, *changes, *self._leaks(life, lines)]

    def _leaks(self, life: _Life, lines: Sequence[str]) -> Iterator[Finding]:
        for name, secret in self._checked.settings.canaries.items():
            if any(secret in line for line in lines):
                message = f"it logs the value of {name}"
                advice = "log with context.log, or take it out"
                yield Finding(Level.ERROR, "secret", _SUBJECT, message, advice, life.place)

    async def _outcome(self, life: _Life, what: str, attempts: int) -> Sequence[Finding]:
        task = life.task
        if what == "start" and life.entered.is_set():
            return ()
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=self._seconds)
            stubborn = "" if task.done() else ", and goes on though it is cancelled"
            message = f"it did not {what} within {self._seconds:g} s{stubborn}"
            return [Finding(Level.ERROR, _RULE, _SUBJECT, message, _HANGS, life.place)]
        error = None if task.cancelled() else task.exception()
        if error is None:
            return ()
        if len(self._attempts) > attempts or "there is no network" in str(error):
            message = "tried only until it asked the network, which is off here"
            return [Finding(Level.NOTE, "trial", _SUBJECT, message, place=life.place)]
        message = f"it could not {what}: {in_short(error)}"
        return [Finding(Level.WARNING, _RULE, _SUBJECT, message, _FAILS, life.place)]
