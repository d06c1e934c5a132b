"""Offences: plugins' changes to the shared process are recorded, and grave ones quarantined."""

import threading
from collections.abc import Callable

from domain.plugins.incidents import Incidents, PluginPart
from domain.plugins.switches import SwitchKind

SetAside = Callable[[SwitchKind, str, str], None]


class Offence(RuntimeError):
    """A plugin changed the state of the process; the message says what."""


class Offences:
    """Records offences as incidents; for a grave one ``set_aside`` is called (quarantine)."""

    def __init__(self, incidents: Incidents, set_aside: SetAside) -> None:
        self._incidents = incidents
        self._set_aside = set_aside
        self._in_progress: set[str] = set()  # plugins that are being quarantined

    def report(self, plugin: str, what: str, *, is_grave: bool) -> None:
        """Record an offence. Can be called from any thread; does not block."""
        self._incidents.note(plugin, PluginPart.PROCESS, Offence(what))
        if is_grave and plugin not in self._in_progress:
            self._in_progress.add(plugin)
            # A quarantine waits for imports of plugins, so it must not run on the loop.
            threading.Thread(target=self._quarantine, args=(plugin, what), daemon=True).start()

    def _quarantine(self, plugin: str, what: str) -> None:
        try:
            self._set_aside(SwitchKind.PLUGIN, plugin, what)
        finally:
            self._in_progress.discard(plugin)
