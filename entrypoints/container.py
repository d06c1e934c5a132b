"""The composition root: the one place that knows who fulfils which port."""

from collections.abc import Mapping
from typing import Final

from dependency_injector import containers, providers

from adapters.clock import SystemClock
from adapters.http_clients import PluginHttpClients
from adapters.llm.prices import load_prices
from adapters.llm.registry import Providers
from adapters.llm.tool_schemas import CompiledToolSchemas
from adapters.persistence import Database, Store
from adapters.security.passwords import ArgonPasswords
from adapters.security.secrets import SecretStore
from adapters.security.tokens import JwtTokens
from domain.asking_models import ModelAsker
from domain.authentication import Authentication
from domain.calling import ToolCaller
from domain.catalogue import Catalogue
from domain.chat import Chat
from domain.circuits import Circuits
from domain.cloud_switches import CloudSwitches
from domain.collector import Collector
from domain.configuration import Configuration
from domain.consenting import ConsentDesk
from domain.counting import CountedRunLog, CountedRuns, Counts
from domain.errors import Unavailable
from domain.lifespans import Lifespans
from domain.live import POLL_SECONDS, LiveRuns
from domain.notice_board import NoticeBoard
from domain.once import Once
from domain.plugin_desk import PluginDesk
from domain.policing import PolicyDesk
from domain.ports.clock import Clock
from domain.prices import Prices
from domain.ranking import ToolIndex
from domain.results import Results
from domain.runner import Runner
from domain.shown_tools import Limits, Showcase
from domain.vetoing import Guard
from domain.vitals import Signs, Vitals
from domain.worker import Worker
from entrypoints.model_providers import model_providers
from entrypoints.services import Services
from entrypoints.setting_values import PROVIDERS
from entrypoints.settings import Settings, environment
from entrypoints.version import VERSION
from plugins.host import PluginHost
from plugins.watchdog import LoopWatch

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


def _plugins(settings: Settings, environ: Mapping[str, str]) -> PluginHost:
    return PluginHost(
        settings.plugins_blocked,
        settings.plugins_folder,
        seconds=settings.plugin_seconds,
        reserved_models=PROVIDERS,
        environ=environ,
    )


def _showcase(settings: Settings, toolbox: PluginHost, catalogue: Catalogue) -> Showcase:
    return Showcase(toolbox, catalogue, Limits(settings.tools_shown, settings.tool_tokens))


def _models(settings: Settings, circuits: Circuits, plugins: PluginHost) -> Providers:
    return Providers(model_providers(settings), circuits, plugins)


def _prices(settings: Settings) -> Prices:
    try:
        return load_prices(settings.prices)
    except ValueError as error:
        raise Unavailable(f"PUERTO_PRICES: {error}") from error


def _vitals(
    store: Store, counts: Counts, clock: Clock, worker: Worker, live: LiveRuns, circuits: Circuits
) -> Vitals:
    def signs() -> Signs:
        return Signs(worker.driving, live.followers, circuits.failing())

    return Vitals(store.pulses, counts, clock, signs)


class Container(containers.DeclarativeContainer):
    """Builds each thing once, when it is first asked for; nothing at import."""

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    environ = providers.Singleton(environment)  # where plugins find the settings they require
    http_clients = providers.Singleton(PluginHttpClients, f"puerto/{VERSION}")
    database = providers.Singleton(_database, settings)
    store = providers.Singleton(_store, database, settings)
    counts = providers.Singleton(Counts)
    runs = providers.Singleton(CountedRuns, store.provided.runs, counts)
    log = providers.Singleton(CountedRunLog, store.provided.log, counts)
    passwords = providers.Singleton(ArgonPasswords)
    tokens = providers.Singleton(_tokens, settings, clock)
    toolbox = providers.Singleton(_plugins, settings, environ)
    circuits = providers.Singleton(Circuits, clock)
    tool_schemas = providers.Singleton(CompiledToolSchemas)
    models = providers.Singleton(_models, settings, circuits, toolbox)
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
    ranker = providers.Singleton(ToolIndex)
    catalogue = providers.Singleton(Catalogue, toolbox, ranker)
    showcase = providers.Singleton(_showcase, settings, toolbox, catalogue)
    guard = providers.Singleton(Guard, toolbox)
    notices = providers.Singleton(NoticeBoard, toolbox)
    results = providers.Singleton(Results, store.provided.artifacts, clock)
    caller = providers.Singleton(
        ToolCaller, store.provided.conversations, results, http_clients, environ, showcase
    )
    runner = providers.Singleton(
        Runner,
        asker=asker,
        toolbox=toolbox,
        caller=caller,
        showcase=showcase,
        guard=guard,
        consents=store.provided.consents,
        leases=store.provided.leases,
        audit=store.provided.audit,
        notices=notices,
        clock=clock,
        tool_concurrency=settings.provided.tool_concurrency,
    )
    worker = providers.Singleton(
        Worker,
        runner=runner,
        runs=runs,
        log=log,
        leases=store.provided.leases,
        consents=store.provided.consents,
        configurations=store.provided.configurations,
        live=live,
        clock=clock,
        lease_seconds=settings.provided.lease_seconds,
    )
    chat = providers.Singleton(
        Chat,
        runs=runs,
        log=log,
        configurations=store.provided.configurations,
        models=models,
        toolbox=toolbox,
        worker=worker,
        live=live,
        clock=clock,
        agents=toolbox,
        notices=notices,
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
        guard=guard,
    )
    switches = providers.Singleton(
        CloudSwitches, store.provided.switches, store.provided.configurations
    )
    plugin_desk = providers.Singleton(
        PluginDesk, plugins=toolbox, toolbox=toolbox, switches=switches
    )
    lifespans = providers.Singleton(
        Lifespans, source=toolbox, set_aside=plugin_desk.provided.set_aside
    )
    loop_watch = providers.Singleton(
        LoopWatch,
        owner_of=toolbox.provided.owner_of,
        set_aside=plugin_desk.provided.set_aside,
        seconds=settings.provided.blocked_seconds,
    )
    vitals = providers.Singleton(_vitals, store, counts, clock, worker, live, circuits)
    collector = providers.Singleton(
        Collector,
        sources=toolbox,
        monitoring=store.provided.monitoring,
        notices=notices,
        clock=clock,
        seconds=settings.provided.collect_seconds,
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
        plugin_desk=plugin_desk,
        once=once,
        users=store.provided.users,
        conversations=store.provided.conversations,
        consents=store.provided.consents,
        artifacts=store.provided.artifacts,
        audit=store.provided.audit,
        configurations=store.provided.configurations,
        toolbox=toolbox,
        tool_schemas=tool_schemas,
        catalogue=catalogue,
        agents=toolbox,
        models=models,
        worker=worker,
        live=live,
        signals=store.provided.signals,
        clock=clock,
        monitoring=store.provided.monitoring,
        vitals=vitals,
        database_answers=database.provided.ping,
    )
