"""Settings that are set but have no effect, for the warnings of the start and `puerto doctor`."""

from collections.abc import Collection, Iterator
from typing import Final

from adapters.llm.providers import PROVIDERS
from entrypoints.settings.identity import IdentitySettings
from entrypoints.settings.loading import environment, near_misses
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import variables

# API keys, each with the plugin that reads it.
_READER: Final = {"serpapi_api_key": "serpapi", "pinecone_api_key": "pinecone"}


def unused_settings(settings: Settings, present: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that are set but have no effect, each with the reason.

    ``present`` holds the names of the providers and plugins of this installation.
    """
    for field, reader in _READER.items():
        if getattr(settings, field) is not None and reader not in present:
            yield _variable(field), f"nothing here is called {reader}"
    yield from _of_providers(settings)
    yield from _of_identity(settings)
    for name in settings.plugins_blocked:
        if name not in present:
            yield _variable("plugins_blocked"), f"there is no plugin {name}"
    yield from near_misses(environment())


def _of_providers(settings: Settings) -> Iterator[tuple[str, str]]:
    for record in PROVIDERS:
        for variable in settings.unused_of(record):
            yield variable, f"{' or '.join(record.needs)} is not set"
    for variable, provider in settings.files():
        if settings.chosen_provider != provider:
            yield variable, f"{settings.chosen_provider} answers"


def _of_identity(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.oidc_issuer is None:
        for field in IdentitySettings.model_fields:
            if _is_set(settings, field):
                yield _variable(field), "OIDC_ISSUER is not set"
    elif not settings.oidc_audience and settings.oidc_client_id is None:
        yield "OIDC_ISSUER", "neither OIDC_AUDIENCE nor OIDC_CLIENT_ID is set"


def _is_set(settings: Settings, field: str) -> bool:
    return field in settings.model_fields_set and getattr(settings, field) is not None


def _variable(field: str) -> str:
    return variables(Settings.model_fields[field])[0]
