"""The plugin service: list, switch, reload and quarantine plugins, in step with all workers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from domain.plugins.contents import PluginContents
from domain.plugins.plugin import PluginInfo, PluginState
from domain.plugins.ports import Plugins, Switches
from domain.plugins.switches import Switch, Switchboard, SwitchKind
from domain.shared.background import BackgroundTask
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, NotFound
from domain.shared.log_context import failures_logged
from domain.tools.ports import Toolbox
from domain.tools.tool import Tool

POLL_SECONDS: Final = 2.0  # between looks for changes by other workers

Watcher = Callable[[], Awaitable[None]]

_log = logging.getLogger(__name__)


async def _no_settings(_counts: Mapping[str, int]) -> None:
    """Read none: plugins have only those of the environment."""


class PluginService:
    """Applies the stored switches, which all workers share, to this worker's plugins.

    A background task polls them. ``_set_aside`` holds quarantines that are not stored yet;
    ``read_settings`` is called before changed switches are applied.
    """

    def __init__(
        self,
        plugins: Plugins,
        toolbox: Toolbox,
        switches: Switches,
        clock: Clock,
        *,
        read_settings: Callable[[Mapping[str, int]], Awaitable[None]] = _no_settings,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._plugins = plugins
        self._toolbox = toolbox
        self._switches = switches
        self._clock = clock
        self._read_settings = read_settings
        self._poll_seconds = poll_seconds
        self._set_aside: dict[tuple[SwitchKind, str], Switch] = {}
        self._watchers: list[Watcher] = []
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._background = BackgroundTask()

    def watch(self, watcher: Watcher) -> None:
        """Register a callback for each change of what the plugins offer, the first included."""
        self._watchers.append(watcher)

    async def start(self, *, tries_again: bool = False) -> None:
        """Load the plugins, and begin to poll for changes by other workers.

        With ``tries_again`` quarantined plugins and tools that are due are enabled on trial. A new
        quarantine then lasts longer (backoff).

        Raises:
            Unavailable: the database does not answer.

        """
        self._loop = asyncio.get_running_loop()
        if tries_again:
            await self._try_again()
        await self.look()
        self._background.start(self._keep_up())

    async def stop(self) -> None:
        """Stop polling. Stopping twice is no error."""
        await self._background.stop()

    async def look(self) -> None:
        """Store this worker's new quarantines, apply the stored switches, and call the watchers.

        Raises:
            Unavailable: the database does not answer.

        """
        async with self._turn:
            set_aside = list(self._set_aside.items())
            for (kind, name), switch in set_aside:
                await self._switches.set_aside(kind, name, switch)
                del self._set_aside[kind, name]
            board = await self._switches.load()
            if board != self._plugins.board:
                await self._read_settings(board.settings)
                await asyncio.to_thread(self._plugins.apply, board)
            elif not set_aside:
                return
            await self.tell()

    async def tell(self) -> None:
        """Call the watchers: what the plugins offer has changed."""
        for watcher in self._watchers:
            try:
                await watcher()
            except Exception:  # noqa: BLE001  a watcher's failure must not undo the switches
                _log.exception("what follows the plugins failed")

    def plugins(self) -> Sequence[PluginInfo]:
        """Return the state of each plugin on this worker."""
        return self._plugins.plugins()

    def plugin(self, name: str) -> PluginInfo:
        """Return the state of one plugin on this worker.

        Raises:
            NotFound: there is none of that name.

        """
        for plugin in self.plugins():
            if plugin.name == name:
                return plugin
        raise NotFound("There is no such plugin.")

    def contents(self, plugin: str) -> PluginContents:
        """Return what a plugin brings; nothing if it is not loaded."""
        return self._plugins.contents(plugin)

    def tools_off(self) -> Sequence[Tool]:
        """Return the tools of active plugins that are off."""
        return self._plugins.tools_off()

    def why_off(self, tool: str) -> str:
        """Return why a tool is off; empty when it is on, or an operator switched it off."""
        return self._plugins.why_off(tool)

    async def turn_plugin(self, name: str, *, is_on: bool) -> PluginInfo:
        """Switch a plugin on or off: here at once, on other workers at their next poll.

        Raises:
            NotFound: there is none of that name.
            Conflict: the settings forbid it.

        """
        self._require_allowed(name)
        await self._switches.turn(SwitchKind.PLUGIN, name, is_on=is_on)
        _log.info("the plugin %s was switched %s", name, "on" if is_on else "off")
        await self.look()
        return self.plugin(name)

    async def turn_tool(self, name: str, *, is_on: bool) -> Tool:
        """Switch a tool on or off: here at once, on other workers at their next poll.

        Raises:
            NotFound: no active plugin has one of that name.

        """
        self._tool(name)
        await self._switches.turn(SwitchKind.TOOL, name, is_on=is_on)
        _log.info("the tool %s was switched %s", name, "on" if is_on else "off")
        await self.look()
        return self._tool(name)

    async def reload(self, name: str) -> PluginInfo:
        """Reload a plugin from disk, on every worker, and lift the quarantine of its tools.

        If the new code is broken, the old one stays in use, and the reason says so.

        Raises:
            NotFound: there is none of that name, or not any more.
            Conflict: it is switched off, or the settings forbid it.

        """
        if self._require_allowed(name).state is PluginState.DISABLED:
            raise Conflict(f"The plugin {name} is switched off: switch it on instead.")
        for tool in self.tools_off():
            if tool.spec.plugin == name and self._was_set_aside(tool.spec.name):
                await self._switches.turn(SwitchKind.TOOL, tool.spec.name, is_on=True)
        await self._switches.renew(name)
        _log.info("the plugin %s is read again", name)
        await self.look()
        return self.plugin(name)

    async def search(self) -> Sequence[PluginInfo]:
        """Search for plugins again, on every worker.

        Loads newly installed ones, drops uninstalled ones, and retries those that changed or were
        broken.
        """
        await self._switches.search()
        _log.info("plugins are searched for")
        await self.look()
        return self.plugins()

    def set_aside(self, kind: SwitchKind, name: str, reason: str) -> None:
        """Quarantine a plugin or tool, here at once and soon on all workers. Thread-safe.

        It blocks while plugins are being imported: in the event loop's thread only watchers, which
        run after that, may call it.
        """
        before = (self._plugins.board or Switchboard()).switch(kind, name)
        switch = before.set_aside(reason, *self._plugins.in_use(kind, name), self._clock.now())
        self._set_aside[kind, name] = switch
        self._plugins.set_aside(kind, name, switch)
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the service has stopped
                self._loop.call_soon_threadsafe(self._news.set)

    def _require_allowed(self, name: str) -> PluginInfo:
        plugin = self.plugin(name)
        if plugin.state is PluginState.BLOCKED:
            raise Conflict(
                f"The plugin {name} is blocked: take it off PUERTO_PLUGINS_BLOCKED, and restart."
            )
        return plugin

    def _tool(self, name: str) -> Tool:
        for tool in (*self._toolbox.tools(), *self.tools_off()):
            if tool.spec.name == name:
                return tool
        raise NotFound("There is no such tool.")

    def _was_set_aside(self, tool: str) -> bool:
        board = self._plugins.board
        return board is not None and bool(board.tool(tool).reason)

    async def _try_again(self) -> None:
        board, now = await self._switches.load(), self._clock.now()
        for kind, switches in (
            (SwitchKind.PLUGIN, board.plugins),
            (SwitchKind.TOOL, board.tools),
        ):
            for name, switch in switches.items():
                if switch.is_due(now) and await self._switches.try_again(kind, name, switch.tries):
                    _log.info("the %s %s is tried again: it %s", kind, name, switch.reason)

    async def _keep_up(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._news.wait()
            self._news.clear()
            with failures_logged(_log, "the switches of plugins cannot be looked at"):
                await self.look()
