"""Lifespans of plugins: context managers entered when a plugin is enabled, left when disabled."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from domain.plugins.incidents import PluginPart, ReportIncident, no_report
from domain.plugins.plugin import Lifespan, Registered
from domain.plugins.ports import LifespanOffers
from domain.plugins.switches import SwitchKind
from domain.shared.untrusted import TooLate, in_short

LIFESPAN_SECONDS: Final = 15.0

SetAside = Callable[[SwitchKind, str, str], None]

_log = logging.getLogger(__name__)


class Lifespans:
    """Enters and leaves the lifespans that the plugins in use registered, each with a timeout.

    A plugin whose lifespan cannot be entered is quarantined by ``set_aside``, with the reason; the
    others are not affected.
    """

    def __init__(
        self,
        source: LifespanOffers,
        set_aside: SetAside,
        *,
        seconds: float = LIFESPAN_SECONDS,
        tell: ReportIncident = no_report,
    ) -> None:
        self._tell = tell
        self._source = source
        self._set_aside = set_aside
        self._seconds = seconds
        self._entered: dict[int, _Life] = {}  # by id: a plugin's callable need not be hashable

    async def follow(self) -> None:
        """Leave the lifespans of disabled plugins, and enter those of newly enabled ones."""
        if await self._change():
            await self._change()  # a quarantined plugin may have entered other lifespans

    async def stop(self) -> None:
        """Leave all lifespans. Stopping twice is no error."""
        lives, self._entered = list(self._entered.values()), {}
        await asyncio.gather(*(life.leave() for life in lives))

    async def _change(self) -> bool:
        """Leave and enter what changed; return whether plugins were quarantined."""
        present = {id(each.value): each for each in self._source.lifespans()}
        gone = [self._entered.pop(key) for key in self._entered.keys() - present.keys()]
        new = {
            key: _Life(each, self._seconds, self._tell)
            for key, each in present.items()
            if key not in self._entered
        }
        await asyncio.gather(*(life.leave() for life in gone))
        reasons = await asyncio.gather(*(life.enter() for life in new.values()))
        self._entered |= {
            key: life for (key, life), why in zip(new.items(), reasons, strict=True) if why is None
        }
        failed = {
            life.plugin: why
            for life, why in zip(new.values(), reasons, strict=True)
            if why is not None
        }
        for plugin, why in failed.items():
            self._set_aside(SwitchKind.PLUGIN, plugin, why)
        return bool(failed)


class _Life:
    """One lifespan, entered and left in the same task, as anyio's context managers require."""

    def __init__(
        self,
        registered: Registered[Lifespan],
        seconds: float,
        tell: ReportIncident,
    ) -> None:
        self._tell = tell
        self.plugin = registered.plugin
        self._lifespan = registered.value
        self._seconds = seconds
        self._entered = asyncio.Event()
        self._leaving = asyncio.Event()
        self._task: asyncio.Task[str] | None = None
        self._is_given_up = False

    async def enter(self) -> str | None:
        """Enter the lifespan; return a predicate that says why it failed, or None."""
        self._task = asyncio.create_task(self._live())
        entered = asyncio.create_task(self._entered.wait())
        try:
            await asyncio.wait(
                {self._task, entered}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            entered.cancel()
            if not self._entered.is_set():
                self._give_up(self._task)
        if self._entered.is_set():
            return None
        if not self._task.done():
            why = f"did not start within {self._seconds:g} seconds"
            self._tell(self.plugin, PluginPart.LIFESPAN, TooLate(f"it {why}"), self._lifespan)
            return why
        return f"could not start: {self._task.result()}"

    async def leave(self) -> None:
        """Leave the lifespan; errors are logged, and after the timeout it is cancelled."""
        if self._task is None:
            return
        self._leaving.set()
        await asyncio.wait({self._task}, timeout=self._seconds)
        if not self._task.done():
            self._give_up(self._task)
            _log.error("the plugin %s did not stop in %g seconds", self.plugin, self._seconds)
            late = TooLate(f"it did not stop within {self._seconds:g} seconds")
            self._tell(self.plugin, PluginPart.LIFESPAN, late, self._lifespan)

    def _give_up(self, task: asyncio.Task[str]) -> None:
        self._is_given_up = True  # else it was the plugin that cancelled it
        task.cancel()

    async def _live(self) -> str:
        """Run the lifespan; return its error as text, or an empty text."""
        try:
            async with self._lifespan():
                self._entered.set()
                await self._leaving.wait()
        except BaseException as error:  # even SystemExit: it is untrusted code
            if self._is_given_up and isinstance(error, asyncio.CancelledError):
                raise
            _log.error("the lifespan of the plugin %s failed", self.plugin, exc_info=error)
            self._tell(self.plugin, PluginPart.LIFESPAN, error, self._lifespan)
            return in_short(error)
        return ""
