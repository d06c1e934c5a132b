"""Required plugins: while one of them is not in use, only calls that read are made."""

import logging
from collections.abc import Collection
from typing import Final

from domain.plugins.plugin import PluginInfo, PluginState
from domain.plugins.ports import Guards, Plugins
from domain.shared.text import shorten

_REASON_LENGTH: Final = 300
_log = logging.getLogger(__name__)


class RequiredPlugins:
    """Checks whether the plugins of these names are whole and in use."""

    def __init__(self, names: Collection[str], plugins: Plugins, guards: Guards) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._plugins = plugins
        self._guards = guards
        self._guarding: dict[str, bool] = {}  # whether they have required guards, when last in use
        self._reported: str | None = None

    def lacking(self) -> str | None:
        """Describe the first required plugin that is not in use; None: all are."""
        return next(iter(self._problems().values()), None)

    def lacking_guard(self) -> str | None:
        """Describe the first that is not in use and may have a required guard; None: there is none.

        Whether it has one is known only of a plugin that was in use, whole, in this process.
        """
        problems = self._problems().items()
        return next((why for name, why in problems if self._guarding.get(name, True)), None)

    async def tell(self) -> None:
        """Log when a required plugin goes out of use, and when all are in use again."""
        problems = self._problems()
        lacking = next(iter(problems.values()), None)
        guarding = {each.plugin for each in self._guards.guards() if each.value.is_required}
        for name in self._names:
            if name not in problems:
                self._guarding[name] = name in guarding
        if lacking == self._reported:
            return
        if lacking is None:
            _log.warning("all required plugins are in use again")
        else:
            _log.error("%s: only calls that read are made, and this worker is not ready", lacking)
        self._reported = lacking

    def _problems(self) -> dict[str, str]:
        """Return what is wrong with each required plugin that is not in use, by its name."""
        if not self._names:
            return {}
        known = {plugin.name: plugin for plugin in self._plugins.plugins()}
        problems = {name: _problem(name, known.get(name)) for name in self._names}
        return {name: why for name, why in problems.items() if why is not None}


def _problem(name: str, plugin: PluginInfo | None) -> str | None:
    if plugin is None:
        return f"the required plugin {name} is not there"
    is_active = plugin.state is PluginState.ACTIVE
    if is_active and plugin.is_whole:
        return None
    how = "not whole" if is_active else plugin.state
    return shorten(f"the required plugin {name} is {how}: {plugin.reason}", _REASON_LENGTH)
