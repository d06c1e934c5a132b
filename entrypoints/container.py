"""The composition root: the one place that knows who fulfils which port."""

from typing import Final

from dependency_injector import containers, providers

from adapters.clock import SystemClock
from adapters.llm.prices import load_prices
from adapters.llm.registry import Providers
from adapters.persistence import Database, Store
from adapters.security.passwords import ArgonPasswords
from adapters.security.secrets import SecretStore
from adapters.security.tokens import JwtTokens
from domain.asking_models import ModelAsker
from domain.authentication import Authentication
from domain.chat import Chat
from domain.circuits import Circuits
from domain.configuration import Configuration
from domain.consenting import ConsentDesk
from domain.errors import Unavailable
from domain.live import POLL_SECONDS, LiveRuns
from domain.once import Once
from domain.policing import PolicyDesk
from domain.ports.clock import Clock
from domain.prices import Prices
from domain.runner import Runner
from domain.worker import Worker
from entrypoints.model_providers import model_providers
from entrypoints.services import Services
from entrypoints.settings import Settings
from plugins.host import PluginHost

POLL_SECONDS_WITH_NEWS: Final = 2.0


def _database(settings: Settings) -> Database:
    return Database(settings.database.url)


def _store(database: Database, settings: Settings) -> Store:
    initial = Configuration(
        provider=settings.chosen_provider,
        model=settings.model,
        autonomy=settings.autonomy,
        fallbacks=settings.fallbacks,
    )
    return Store.over(database, initial)


def _live(database: Database) -> LiveRuns:
    live = LiveRuns()
    has_news = database.engine == "postgresql"  # the database says when to look
    live.poll_seconds = POLL_SECONDS_WITH_NEWS if has_news else POLL_SECONDS
    return live


def _tokens(settings: Settings, clock: Clock) -> JwtTokens:
    if settings.jwt_secret is not None:
        return JwtTokens(settings.jwt_secret.get_secret_value(), clock)
    kept = SecretStore(settings.data_dir / "secrets")
    return JwtTokens(kept.get("jwt_secret"), clock)


def _plugins(settings: Settings) -> PluginHost:
    host = PluginHost(settings.plugins_blocked)
    host.discover()
    return host


def _models(settings: Settings, circuits: Circuits) -> Providers:
    return Providers(model_providers(settings), circuits)


def _prices(settings: Settings) -> Prices:
    try:
        return load_prices(settings.prices)
    except ValueError as error:
        raise Unavailable(f"PUERTO_PRICES: {error}") from error


class Container(containers.DeclarativeContainer):
    """Builds each thing once, when it is first asked for; nothing at import."""

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    database = providers.Singleton(_database, settings)
    store = providers.Singleton(_store, database, settings)
    passwords = providers.Singleton(ArgonPasswords)
    tokens = providers.Singleton(_tokens, settings, clock)
    toolbox = providers.Singleton(_plugins, settings)
    circuits = providers.Singleton(Circuits, clock)
    models = providers.Singleton(_models, settings, circuits)
    prices = providers.Singleton(_prices, settings)
    asker = providers.Singleton(ModelAsker, models, circuits, prices, clock)
    live = providers.Singleton(_live, database)

    authentication = providers.Singleton(
        Authentication,
        users=store.provided.users,
        sessions=store.provided.sessions,
        passwords=passwords,
        tokens=tokens,
        unit_of_work=store.provided.unit_of_work,
        clock=clock,
        registration_open=settings.provided.registration_is_open,
    )
    runner = providers.Singleton(
        Runner,
        asker=asker,
        toolbox=toolbox,
        conversations=store.provided.conversations,
        consents=store.provided.consents,
        leases=store.provided.leases,
        audit=store.provided.audit,
        clock=clock,
        tool_concurrency=settings.provided.tool_concurrency,
    )
    worker = providers.Singleton(
        Worker,
        runner=runner,
        runs=store.provided.runs,
        log=store.provided.log,
        leases=store.provided.leases,
        consents=store.provided.consents,
        configurations=store.provided.configurations,
        live=live,
        clock=clock,
        lease_seconds=settings.provided.lease_seconds,
    )
    chat = providers.Singleton(
        Chat,
        runs=store.provided.runs,
        log=store.provided.log,
        configurations=store.provided.configurations,
        models=models,
        toolbox=toolbox,
        worker=worker,
        live=live,
        clock=clock,
        max_steps=settings.provided.max_steps,
    )
    consent_desk = providers.Singleton(
        ConsentDesk,
        consents=store.provided.consents,
        audit=store.provided.audit,
        configurations=store.provided.configurations,
        toolbox=toolbox,
        unit_of_work=store.provided.unit_of_work,
        worker=worker,
        clock=clock,
    )
    policy_desk = providers.Singleton(
        PolicyDesk,
        configurations=store.provided.configurations,
        toolbox=toolbox,
        audit=store.provided.audit,
    )
    once = providers.Singleton(
        Once, answers=store.provided.answers, unit_of_work=store.provided.unit_of_work
    )
    services = providers.Singleton(
        Services,
        settings=settings,
        authentication=authentication,
        chat=chat,
        consent_desk=consent_desk,
        policy_desk=policy_desk,
        once=once,
        users=store.provided.users,
        conversations=store.provided.conversations,
        consents=store.provided.consents,
        audit=store.provided.audit,
        configurations=store.provided.configurations,
        toolbox=toolbox,
        models=models,
        worker=worker,
        live=live,
        signals=store.provided.signals,
        clock=clock,
        database_answers=database.provided.ping,
    )
