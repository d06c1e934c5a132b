"""What a plugin may use at any time, whatever part of it is at work."""

from dataclasses import dataclass, field
from logging import Logger, getLogger

from domain.shared.clock import Clock, SystemClock
from domain.tools.http import HttpClient, HttpClients, NoHttpClient


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """What every part of a plugin may use, from its registration until it goes.

    ``plugin`` is the plugin's name, ``http`` its HTTP client; ``clock`` tells the time that the
    service goes by, which tests can set.
    """

    plugin: str = ""
    log: Logger = field(default_factory=lambda: getLogger("puerto.plugins"))
    http: HttpClient = field(default_factory=NoHttpClient)
    clock: Clock = field(default_factory=SystemClock)


class PluginContexts:
    """Makes the contexts of plugins."""

    def __init__(self, http_clients: HttpClients, clock: Clock) -> None:
        self._http_clients = http_clients
        self._clock = clock

    def of(self, plugin: str) -> PluginContext:
        """Return the context of the plugin of that name."""
        return PluginContext(
            plugin=plugin,
            log=getLogger(f"puerto.plugins.{plugin}"),
            http=self._http_clients.of(plugin),
            clock=self._clock,
        )


def context_apart(plugin: str) -> PluginContext:
    """Return the context of a plugin that is not in use by a service: it has no network."""
    return PluginContext(plugin=plugin, log=getLogger(f"puerto.plugins.{plugin}"))
