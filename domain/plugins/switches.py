"""Switches: which plugins and tools are off or quarantined, and when to retry or reload them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(days=1)
_GROWTH: Final = 4


class SwitchKind(StrEnum):
    """The kind of thing that a switch belongs to."""

    PLUGIN = "plugin"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Switch:
    """The switch of one plugin or tool.

    ``reason`` says why the service quarantined it; it is empty when an operator switched it off. A
    quarantine holds for one ``release`` of the ``plugin``'s code; ``tries`` counts how often that
    release was quarantined, ``since`` is the last time. ``generation`` is incremented for each
    reload from disk. ``waits_for`` says what must be configured before it is on; it is never
    stored.
    """

    is_on: bool = True
    reason: str = ""
    generation: int = 0
    waits_for: str = ""
    plugin: str = ""
    release: str = ""
    tries: int = 0
    since: datetime | None = None

    def of(self, plugin: str, release: str) -> "Switch":
        """Return the switch for this release of a plugin's code.

        It is on if another release was quarantined.
        """
        same = self.plugin in {"", plugin} and self.release in {"", release}
        return replace(self, is_on=True, reason="") if self.reason and not same else self

    def set_aside(self, reason: str, plugin: str, release: str, now: datetime) -> "Switch":
        """Return the switch with a quarantine that begins now, for that reason."""
        is_known = (self.plugin, self.release) == (plugin, release)
        return replace(
            self,
            is_on=False,
            reason=reason,
            plugin=plugin,
            release=release,
            tries=self.tries + 1 if is_known else 1,
            since=now.replace(microsecond=0),
        )

    def tried_again(self) -> "Switch":
        """Return the switch of a quarantined plugin or tool that is enabled on trial."""
        return replace(self, is_on=True, reason="")

    def turned(self, *, is_on: bool) -> "Switch":
        """Return the switch as an operator set it, without a quarantine."""
        return Switch(is_on=is_on, generation=self.generation)

    def is_due(self, now: datetime) -> bool:
        """Tell whether it is quarantined, and a start at ``now`` should retry it."""
        due = self.due
        return bool(self.reason) and (due is None or due <= now)

    @property
    def due(self) -> datetime | None:
        """The time from which a start retries it: the first time at once, then with backoff."""
        if self.since is None or self.tries <= 1:
            return self.since
        factor: int = _GROWTH ** min(self.tries - 2, 10)
        return self.since + min(_FIRST_PAUSE * factor, _LONGEST_PAUSE)

    def describe(self, plugin: str) -> str:
        """Return why it is quarantined, since when, and what lifts that, in words."""
        words = f"it {self.reason}"
        if self.since is not None and self.due is not None:
            again = "the next start" if self.tries <= 1 else f"a start after {_minute(self.due)}"
            words += f" ({_minute(self.since)}; {again} tries it again)"
        return f"{words}; `puerto plugin reload {plugin}` lifts it"


ON: Final = Switch()


@dataclass(frozen=True, slots=True)
class Switchboard:
    """All switches, by name; a missing one is on.

    ``generation`` is incremented for each new search of the environment for plugins. ``settings``
    counts, by plugin, how often an operator has set its settings.
    """

    plugins: Mapping[str, Switch] = field(default_factory=dict)
    tools: Mapping[str, Switch] = field(default_factory=dict)
    generation: int = 0
    settings: Mapping[str, int] = field(default_factory=dict)

    def plugin(self, name: str) -> Switch:
        """Return the switch of a plugin."""
        return self.plugins.get(name, ON)

    def tool(self, name: str) -> Switch:
        """Return the switch of a tool."""
        return self.tools.get(name, ON)

    def switch(self, kind: SwitchKind, name: str) -> Switch:
        """Return the switch of a plugin or tool."""
        return self.tool(name) if kind is SwitchKind.TOOL else self.plugin(name)

    def having(self, kind: SwitchKind, name: str, switch: Switch) -> "Switchboard":
        """Return this board with the switch of one plugin or tool replaced."""
        if kind is SwitchKind.TOOL:
            return replace(self, tools={**self.tools, name: switch})
        return replace(self, plugins={**self.plugins, name: switch})


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
