"""Checks of the settings before the service starts, and the log lines of its start and end."""

import logging
from collections.abc import Iterator

from adapters.http.transport.environment import network_problems
from domain.models.ports import NOT_CONFIGURED, ChatModels
from domain.plugins.plugin import PluginState
from domain.shared.errors import Unavailable
from entrypoints.settings.loading import SettingsError
from entrypoints.settings.settings import Settings
from entrypoints.settings.unused import unused_settings
from entrypoints.settings.version import VERSION
from entrypoints.wiring.services import Services

_log = logging.getLogger("puerto")


def require_answerers(settings: Settings, models: ChatModels) -> None:
    """Check that every provider which the settings name is configured.

    Raises:
        SettingsError: a provider has no key, or the cassette cannot be read.

    """
    chosen = [("PUERTO_FALLBACKS", each.provider) for each in settings.fallbacks]
    if settings.provider is not None:
        chosen.insert(0, ("PUERTO_PROVIDER", settings.provider))
    unusable = [each for each in chosen if models.states().get(each[1]) == NOT_CONFIGURED]
    unusable += [each for each in settings.files() if each[1] in models.names()]
    for variable, name in unusable:
        try:
            models.get(name)
        except Unavailable as error:
            raise SettingsError(f"{variable} cannot be used: {error.message}") from error


async def log_start(services: Services, address: str) -> None:
    """Log version, address, database, provider and plugins, without any password or key.

    Raises:
        Unavailable: the database does not answer.

    """
    settings, models = services.settings, services.models
    configuration = await services.configurations.load()
    provider = configuration.provider
    known = provider in models.names()
    model = configuration.model or (models.default_model(provider) if known else "")
    plugins = [
        each for each in services.plugin_service.plugins() if each.state is PluginState.ACTIVE
    ]
    _log.info(
        "Puerto %s starts: address %s, database %s, provider %s %s, autonomy %s, "
        "registration %s, plugins %s",
        VERSION,
        address,
        settings.database.shown,
        provider,
        model,
        configuration.autonomy,
        "open" if settings.registration_is_open else "closed",
        ", ".join(each.name for each in plugins) or "none",
    )
    for warning in _warnings(services, provider):
        _log.warning("%s", warning)


def _warnings(services: Services, provider: str) -> Iterator[str]:
    settings = services.settings
    if settings.registration is None and not settings.registration_is_open:
        yield (
            f"registration is closed, since {settings.api_host} can be reached from other "
            "machines: PUERTO_REGISTRATION=open lets anybody open an account there"
        )
    yield from network_problems()
    state = services.models.states().get(provider, "not known here")
    if state in {NOT_CONFIGURED, "not known here"}:
        yield f"the provider {provider}, which is to answer, is {state}: messages get 503"
    for name, why in unused_settings(settings, _readers(services)):
        yield f"{name} does nothing: {why}"


def _readers(services: Services) -> set[str]:
    return {*services.models.names(), *(each.name for each in services.plugin_service.plugins())}


def log_stopping(services: Services) -> None:
    """Log that the service is stopping, with the number of active runs."""
    runs, grace = services.worker.driving, services.settings.grace_seconds
    _log.info("Puerto is told to stop: %d runs have %g s to end", runs, grace)


def log_stopped() -> None:
    """Log that the service has stopped."""
    _log.info("Puerto has stopped")
