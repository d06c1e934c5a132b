"""How the parts are made that take more than their collaborators: from the settings, above all."""

from collections.abc import Mapping
from typing import Final

from adapters.http.client import GatedWeb
from adapters.http.guard.gate import Gate
from adapters.http.guard.reference_gate import ReferenceGate
from adapters.http.guarded_transport import GatedTransport
from adapters.http.oauth import OAuthTokens
from adapters.llm.prices import load_prices
from adapters.llm.registry import Providers
from adapters.persistence import Database, Store
from adapters.security.encryption import AesCipher
from adapters.security.secrets import SecretStore
from adapters.security.tokens import JwtTokens
from adapters.worker_locks import FileLocks
from domain.configuration.configuration import Configuration
from domain.execution.tool_selection import Limits, Showcase
from domain.execution.worker import Worker
from domain.learning.credential_store import ApiKeyring
from domain.models.circuit_breaker import Circuits
from domain.models.prices import Prices
from domain.monitoring.counting import Counts
from domain.monitoring.worker_heartbeats import Signs, Vitals
from domain.plugins.incidents import Incidents
from domain.runs.live import POLL_SECONDS, LiveRuns
from domain.shared.clock import Clock
from domain.shared.errors import Unavailable
from domain.tools.catalogue import Catalogue
from domain.web.open_hosts import read_open_hosts
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import PROVIDER_NAMES
from entrypoints.wiring.providers import model_providers
from plugins.host.host import PluginHost
from plugins.host.preflight import Preflight

POLL_SECONDS_WITH_NEWS: Final = 2.0


def make_database(settings: Settings) -> Database:
    """Return the database, not yet open; ``direct_url`` is set where a pooler stands between."""
    through, direct = settings.database.url, settings.direct_database.url
    return Database(through, direct_url=direct if direct != through else None)


def make_store(database: Database, settings: Settings) -> Store:
    """Return the repositories, with the configuration that holds until somebody changes it."""
    initial = Configuration(
        provider=settings.chosen_provider,
        model=settings.model,
        autonomy=settings.autonomy,
        fallbacks=settings.fallbacks,
    )
    return Store.over(database, initial)


def make_live_runs(database: Database) -> LiveRuns:
    """Return the runs that are followed, looked at less often where the database gives news."""
    live = LiveRuns()
    has_news = database.engine == "postgresql"  # the database says when to look
    live.poll_seconds = POLL_SECONDS_WITH_NEWS if has_news else POLL_SECONDS
    return live


def make_tokens(settings: Settings, clock: Clock) -> JwtTokens:
    """Return what signs access tokens, with the operator's secret or one kept in the data folder.

    Raises:
        Unavailable: the secret cannot be kept or read.

    """
    if settings.jwt_secret is not None:
        return JwtTokens(settings.jwt_secret.get_secret_value(), clock)
    kept = SecretStore(settings.data_dir / "secrets")
    return JwtTokens(kept.get("jwt_secret"), clock)


def make_cipher(settings: Settings) -> AesCipher:
    """Return what encrypts credentials, with the operator's key or one kept in the data folder.

    Raises:
        Unavailable: the key cannot be kept or read.

    """
    older = [secret.get_secret_value() for secret in settings.old_encryption_keys]
    if settings.encryption_key is not None:
        return AesCipher(settings.encryption_key.get_secret_value(), older)
    return AesCipher(SecretStore(settings.data_dir / "secrets").get("encryption_key"), older)


def make_gate(settings: Settings) -> Gate:
    """Return the SSRF guard: the public internet and the hosts that the operator opened."""
    return Gate(read_open_hosts(settings.open_hosts))


def make_reference_web(settings: Settings, transport: GatedTransport) -> GatedWeb:
    """Return the way to what documents refer to: the listed hosts alone."""
    listed = read_open_hosts(settings.reference_hosts)
    return GatedWeb(ReferenceGate(read_open_hosts(settings.open_hosts), listed), transport)


def make_access_tokens(transport: GatedTransport, keyring: ApiKeyring) -> OAuthTokens:
    """Return what gets access tokens, and keeps refresh tokens that were replaced."""
    return OAuthTokens(transport, rotated=keyring.rotated)


def make_plugin_host(settings: Settings, environ: Mapping[str, str]) -> PluginHost:
    """Return the plugin host, empty as yet; new code is tried in a process of its own first."""
    return PluginHost(
        settings.plugins_blocked,
        settings.plugins_folder,
        seconds=settings.plugin_seconds,
        reserved_models=PROVIDER_NAMES,
        environ=environ,
        preflight=Preflight(
            settings.plugins_folder,
            settings.plugin_seconds,
            settings.data_dir / "plugins-tried.json",
        ),
    )


def make_worker_locks(settings: Settings) -> FileLocks:
    """Return the locks by which a start knows the dead workers over this data folder."""
    return FileLocks(settings.data_dir / "workers")


def make_showcase(settings: Settings, toolbox: PluginHost, catalogue: Catalogue) -> Showcase:
    """Return what chooses the tools that a model is shown."""
    return Showcase(toolbox, catalogue, Limits(settings.tools_shown, settings.tool_tokens))


def make_models(
    settings: Settings, circuits: Circuits, plugins: PluginHost, incidents: Incidents
) -> Providers:
    """Return the providers of models: those of the settings, then the plugins'."""
    return Providers(model_providers(settings), circuits, plugins, incidents.note_of_model)


def make_prices(settings: Settings) -> Prices:
    """Return the prices of tokens.

    Raises:
        Unavailable: the operator's table cannot be used; the message says why.

    """
    try:
        return load_prices(settings.prices)
    except ValueError as error:
        raise Unavailable(f"PUERTO_PRICES: {error}") from error


def make_vitals(
    store: Store, counts: Counts, clock: Clock, worker: Worker, live: LiveRuns, circuits: Circuits
) -> Vitals:
    """Return what tells of this worker's figures and counts."""

    def signs() -> Signs:
        return Signs(worker.driving, live.followers, circuits.failing())

    return Vitals(store.pulses, counts, clock, signs)
