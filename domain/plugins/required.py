"""Required plugins: while one of them is not in use, only calls that read are made."""

import logging
from collections.abc import Collection
from typing import Final

from domain.plugins.plugin import PluginInfo, PluginState
from domain.plugins.ports import Plugins
from domain.shared.text import shorten

_REASON_LENGTH: Final = 300
_log = logging.getLogger(__name__)


class RequiredPlugins:
    """Checks whether the plugins of these names are whole and in use."""

    def __init__(self, names: Collection[str], plugins: Plugins) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._plugins = plugins
        self._reported: str | None = None

    def lacking(self) -> str | None:
        """Describe the first required plugin that is not in use; None: all are."""
        if not self._names:
            return None
        known = {plugin.name: plugin for plugin in self._plugins.plugins()}
        return next(filter(None, (_problem(name, known.get(name)) for name in self._names)), None)

    async def tell(self) -> None:
        """Log when a required plugin goes out of use, and when all are in use again."""
        lacking = self.lacking()
        if lacking == self._reported:
            return
        if lacking is None:
            _log.warning("all required plugins are in use again")
        else:
            _log.error("%s: only calls that read are made, and this worker is not ready", lacking)
        self._reported = lacking


def _problem(name: str, plugin: PluginInfo | None) -> str | None:
    if plugin is None:
        return f"the required plugin {name} is not there"
    is_active = plugin.state is PluginState.ACTIVE
    if is_active and plugin.is_whole:
        return None
    how = "not whole" if is_active else plugin.state
    return shorten(f"the required plugin {name} is {how}: {plugin.reason}", _REASON_LENGTH)
