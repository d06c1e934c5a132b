"""What plugins did to the process that all share: taken down, and the worst of them set aside."""

import threading
from collections.abc import Callable

from domain.plugins.incidents import Incidents, Part
from domain.plugins.switches import SwitchKind

SetAside = Callable[[SwitchKind, str, str], None]


class Offence(RuntimeError):
    """A plugin changed what it shares with the service; the message says what."""


class Offences:
    """Notes what a plugin did; where the service cannot live with that, ``set_aside`` is called."""

    def __init__(self, incidents: Incidents, set_aside: SetAside) -> None:
        self._incidents = incidents
        self._set_aside = set_aside
        self._at_it: set[str] = set()  # plugins that are being set aside

    def report(self, plugin: str, what: str, *, is_grave: bool) -> None:
        """Take it down; from any thread, and at once."""
        self._incidents.note(plugin, Part.PROCESS, Offence(what))
        if is_grave and plugin not in self._at_it:
            self._at_it.add(plugin)
            # Setting aside waits for plugins that are being imported: not on the loop.
            threading.Thread(target=self._apart, args=(plugin, what), daemon=True).start()

    def _apart(self, plugin: str, what: str) -> None:
        try:
            self._set_aside(SwitchKind.PLUGIN, plugin, what)
        finally:
            self._at_it.discard(plugin)
