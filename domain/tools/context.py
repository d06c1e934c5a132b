"""What a plugin may use at any time, whatever part of it is at work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from logging import Logger, getLogger
from typing import TypeVar

from domain.shared.clock import Clock, SystemClock
from domain.tools.http import HttpClient, HttpClients, NoHttpClient
from domain.tools.secrets import Secrets, discreet_log
from domain.tools.storage import MemoryValues, PluginStorage, Storage, StoredValues

T = TypeVar("T")


def _no_settings() -> None:
    """Return nothing: no settings are declared, or they do not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginContext:
    """What every part of a plugin may use, from its registration until it goes.

    ``plugin`` is the plugin's name, ``http`` its HTTP client, ``storage`` its own small values;
    ``clock`` tells the time that the service goes by, which tests can set. ``log`` redacts the
    plugin's secret settings.
    """

    plugin: str = ""
    log: Logger = field(default_factory=lambda: getLogger("puerto.plugins"))
    http: HttpClient = field(default_factory=NoHttpClient)
    clock: Clock = field(default_factory=SystemClock)
    storage: Storage = field(default_factory=lambda: PluginStorage(MemoryValues(), ""))
    read_settings: Callable[[], object | None] = field(default=_no_settings, repr=False)

    def settings(self, model: type[T]) -> T:
        """Return the plugin's current settings, in the class that it declared.

        They may change while the plugin is in use: read them where they are needed.

        Raises:
            TypeError: the plugin has not declared settings of this class with
                `Registry.use_settings`, or they are not read yet, as while it registers.

        """
        found = self.read_settings()
        if not isinstance(found, model):
            raise TypeError(
                f"the plugin {self.plugin} has no settings of the class {model.__name__} now:"
                " declare them with registry.use_settings, and read them after puerto_register"
            )
        return found


class PluginContexts:
    """Makes the contexts of plugins.

    ``settings_of`` returns a plugin's current settings, ``secrets_of`` the secret ones.
    """

    def __init__(
        self,
        http_clients: HttpClients,
        clock: Clock,
        stored: StoredValues,
        *,
        settings_of: Callable[[str], object | None] = lambda _plugin: None,
        secrets_of: Callable[[str], Secrets] = lambda _plugin: Secrets(),
    ) -> None:
        self._http_clients = http_clients
        self._clock = clock
        self._stored = stored
        self._settings_of = settings_of
        self._secrets_of = secrets_of
        self._made: dict[str, PluginContext] = {}

    def of(self, plugin: str) -> PluginContext:
        """Return the context of the plugin of that name."""
        if plugin not in self._made:
            self._made[plugin] = self._make(plugin)
        return self._made[plugin]

    def secrets(self, plugin: str) -> Secrets:
        """Return the secret ones among a plugin's settings."""
        return self._secrets_of(plugin)

    def user_storage(self, plugin: str, user_id: str) -> Storage:
        """Return the plugin's storage for one user."""
        return PluginStorage(self._stored, plugin, user_id)

    def _make(self, plugin: str) -> PluginContext:
        return PluginContext(
            plugin=plugin,
            log=discreet_log(f"puerto.plugins.{plugin}", lambda: self._secrets_of(plugin)),
            http=self._http_clients.of(plugin),
            clock=self._clock,
            storage=PluginStorage(self._stored, plugin),
            read_settings=lambda: self._settings_of(plugin),
        )


def context_apart(plugin: str) -> PluginContext:
    """Return the context of a plugin that no service uses: it has no network and no settings."""
    log = getLogger(f"puerto.plugins.{plugin}")
    return PluginContext(plugin=plugin, log=log, storage=PluginStorage(MemoryValues(), plugin))
