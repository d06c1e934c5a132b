"""The composition root: the one place that knows who fulfils which port."""

from functools import partial

from dependency_injector import containers, providers

from adapters.clock import SystemClock
from adapters.http.client import GatedWeb
from adapters.http.guarded_transport import GatedTransport
from adapters.http.plugin_clients import PluginHttpClients
from adapters.llm.tool_schemas import CompiledToolSchemas
from adapters.security.passwords import ArgonPasswords
from domain.accounts.administration import Accounts
from domain.accounts.authentication import Authentication
from domain.accounts.tickets import TicketService
from domain.configuration.cloud_switches import CloudSwitches
from domain.configuration.configuration import require_configured
from domain.configuration.policy_editor import PolicyDesk
from domain.configuration.service import ConfigurationService
from domain.consents.service import ConsentDesk
from domain.conversations.service import ConversationService
from domain.execution.dead_workers import DeadWorkers
from domain.execution.results import Results
from domain.execution.runner import Runner
from domain.execution.service import Chat
from domain.execution.tool_caller import ToolCaller
from domain.execution.worker import Worker
from domain.learning.cache import ApiShelf
from domain.learning.credential_store import ApiKeyring
from domain.learning.documents import Documents
from domain.learning.inspection import ApiInspection
from domain.learning.own_credentials import OwnCredentials
from domain.learning.refreshing import ScheduledRefresh
from domain.learning.service import Learning
from domain.learning.waiting import WaitingDiffs
from domain.models.circuit_breaker import Circuits
from domain.models.failover import ModelAsker
from domain.monitoring.collector import Collector
from domain.monitoring.counting import CountedRunLog, CountedRuns, Counts
from domain.plugins.administration import PluginAdministration, ToolAdministration
from domain.plugins.incidents import Incidents
from domain.plugins.lifespans import Lifespans
from domain.plugins.notice_board import NoticeBoard
from domain.plugins.required import RequiredPlugins
from domain.plugins.service import PluginDesk
from domain.plugins.vetoes import Guard
from domain.runs.conversation_following import ConversationFeed
from domain.runs.lookup import RunLookup
from domain.shared.idempotency import Once
from domain.tools.catalogue import Catalogue
from domain.tools.ranking import ToolIndex
from entrypoints.settings.settings import Settings, environment
from entrypoints.settings.version import VERSION
from entrypoints.wiring import factories
from entrypoints.wiring.services import Services
from plugins.containment.left_tasks import LeftTasks
from plugins.containment.offences import Offences
from plugins.host.watchdog import LoopWatch
from plugins.openapi.reader import ProcessReader
from plugins.openapi.wire.calling import ApiCaller


class Container(containers.DeclarativeContainer):
    """Builds each thing once, when it is first asked for; nothing at import."""

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.Singleton(SystemClock)
    environ = providers.Singleton(environment)  # where plugins find the settings they require
    http_clients = providers.Singleton(PluginHttpClients, f"puerto/{VERSION}")
    database = providers.Singleton(factories.make_database, settings)
    store = providers.Singleton(factories.make_store, database, settings)
    counts = providers.Singleton(Counts)
    runs = providers.Singleton(CountedRuns, store.provided.runs, counts)
    log = providers.Singleton(CountedRunLog, store.provided.log, counts)
    passwords = providers.Singleton(ArgonPasswords)
    tokens = providers.Singleton(factories.make_tokens, settings, clock)
    toolbox = providers.Singleton(factories.make_plugin_host, settings, environ)
    circuits = providers.Singleton(Circuits, clock)
    tool_schemas = providers.Singleton(CompiledToolSchemas)
    incidents = providers.Singleton(Incidents, clock, toolbox.provided.chat_models)
    models = providers.Singleton(factories.make_models, settings, circuits, toolbox, incidents)
    prices = providers.Singleton(factories.make_prices, settings)
    asker = providers.Singleton(
        ModelAsker, models, circuits, prices, clock, tell=incidents.provided.note_of_model
    )
    live = providers.Singleton(factories.make_live_runs, database)

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
    accounts = providers.Singleton(
        Accounts,
        users=store.provided.users,
        sessions=store.provided.sessions,
        unit_of_work=store.provided.unit_of_work,
        clock=clock,
    )
    ranker = providers.Singleton(ToolIndex)
    catalogue = providers.Singleton(Catalogue, toolbox, ranker)
    showcase = providers.Singleton(factories.make_showcase, settings, toolbox, catalogue)
    gate = providers.Singleton(factories.make_gate, settings)
    web_transport = providers.Singleton(GatedTransport, gate)
    web = providers.Singleton(GatedWeb, gate, web_transport)
    reference_web = providers.Singleton(factories.make_reference_web, settings, web_transport)
    cipher = providers.Singleton(factories.make_cipher, settings)
    keyring = providers.Singleton(ApiKeyring, store.provided.api_keys, cipher, clock)
    access_tokens = providers.Singleton(factories.make_access_tokens, web_transport, keyring)
    api_caller = providers.Singleton(ApiCaller, web, access_tokens)
    required_plugins = providers.Singleton(
        RequiredPlugins, settings.provided.plugins_required, toolbox
    )
    guard = providers.Singleton(
        Guard,
        toolbox,
        lacking=required_plugins.provided.lacking,
        tell=incidents.provided.note,
    )
    notices = providers.Singleton(NoticeBoard, toolbox, tell=incidents.provided.note)
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
    worker_locks = providers.Singleton(factories.make_worker_locks, settings)
    dead_workers = providers.Singleton(DeadWorkers, worker_locks, store.provided.leases)
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
    tickets = providers.Singleton(
        TicketService, store.provided.tickets, authentication=authentication, clock=clock
    )
    run_lookup = providers.Singleton(
        RunLookup,
        runs=runs,
        queries=store.provided.run_queries,
        log=log,
        conversations=store.provided.conversations,
    )
    conversations = providers.Singleton(
        ConversationService,
        store.provided.conversations,
        clock,
        providers.Callable(partial, require_configured, models=models),
    )
    feed = providers.Singleton(
        ConversationFeed,
        store.provided.conversations,
        queries=store.provided.run_queries,
        runs=runs,
        log=log,
        live=live,
    )
    consent_desk = providers.Singleton(
        ConsentDesk,
        consents=store.provided.consents,
        audit=store.provided.audit,
        configurations=store.provided.configurations,
        toolbox=toolbox,
        unit_of_work=store.provided.unit_of_work,
        wake=worker.provided.look,
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
        PluginDesk, plugins=toolbox, toolbox=toolbox, switches=switches, clock=clock
    )
    plugins = providers.Singleton(PluginAdministration, plugin_desk, incidents)
    tools = providers.Singleton(ToolAdministration, plugin_desk, catalogue)
    configuration = providers.Singleton(
        ConfigurationService,
        configurations=store.provided.configurations,
        models=models,
        look=plugin_desk.provided.look,
    )
    api_shelf = providers.Singleton(ApiShelf, store.provided.learned_apis)
    api_reader = providers.Singleton(
        ProcessReader, settings.provided.max_document_bytes, reference_web
    )
    documents = providers.Singleton(
        Documents, web, api_reader, settings.provided.max_document_bytes
    )
    waiting_diffs = providers.Singleton(WaitingDiffs, store.provided.learned_apis)
    learning = providers.Singleton(
        Learning,
        apis=store.provided.learned_apis,
        shelf=api_shelf,
        waiting=waiting_diffs,
        documents=documents,
        keyring=keyring,
        toolbox=toolbox,
        plugins=toolbox,
        desk=plugin_desk,
        switches=switches,
        notices=notices,
        unit_of_work=store.provided.unit_of_work,
        clock=clock,
    )
    api_inspection = providers.Singleton(
        ApiInspection, store.provided.learned_apis, api_shelf, waiting_diffs, keyring, web
    )
    own_credentials = providers.Singleton(OwnCredentials, store.provided.learned_apis, keyring)
    scheduled_refresh = providers.Singleton(
        ScheduledRefresh,
        learning,
        store.provided.learned_apis,
        clock,
        hours=settings.provided.refresh_hours,
    )
    lifespans = providers.Singleton(
        Lifespans,
        source=toolbox,
        set_aside=plugin_desk.provided.set_aside,
        tell=incidents.provided.note,
    )
    offences = providers.Singleton(Offences, incidents, plugin_desk.provided.set_aside)
    left_tasks = providers.Singleton(LeftTasks, incidents, toolbox.provided.owner_of)
    loop_watch = providers.Singleton(
        LoopWatch,
        owner_of=toolbox.provided.owner_of,
        set_aside=plugin_desk.provided.set_aside,
        seconds=settings.provided.blocked_seconds,
    )
    vitals = providers.Singleton(
        factories.make_vitals, store, counts, clock, worker, live, circuits
    )
    collector = providers.Singleton(
        Collector,
        sources=toolbox,
        monitoring=store.provided.monitoring,
        notices=notices,
        clock=clock,
        seconds=settings.provided.collect_seconds,
        tell=incidents.provided.note,
    )
    once = providers.Singleton(
        Once, answers=store.provided.answers, unit_of_work=store.provided.unit_of_work
    )
    services = providers.Singleton(
        Services,
        settings=settings,
        authentication=authentication,
        accounts=accounts,
        chat=chat,
        run_lookup=run_lookup,
        feed=feed,
        tickets=tickets,
        consent_desk=consent_desk,
        configuration=configuration,
        policy_desk=policy_desk,
        plugin_desk=plugin_desk,
        plugins=plugins,
        tools=tools,
        required_plugins=required_plugins,
        learning=learning,
        api_inspection=api_inspection,
        own_credentials=own_credentials,
        keyring=keyring,
        once=once,
        users=store.provided.users,
        conversations=conversations,
        artifacts=store.provided.artifacts,
        configurations=store.provided.configurations,
        toolbox=toolbox,
        tool_schemas=tool_schemas,
        agents=toolbox,
        models=models,
        worker=worker,
        live=live,
        signals=store.provided.signals,
        clock=clock,
        monitoring=store.provided.monitoring,
        learned_apis=store.provided.learned_apis,
        vitals=vitals,
        database_answers=database.provided.ping,
        storage_problem=database.provided.health.storage_problem,
        database_warnings=database.provided.warnings,
    )
