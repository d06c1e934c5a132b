"""Runs: who begins, drives, reads and lists them."""

from dataclasses import dataclass

from adapters.llm.prices import load_prices
from adapters.worker_locks import FileLocks
from domain.execution.dead_workers import DeadWorkers
from domain.execution.runner import Runner
from domain.execution.service import Chat
from domain.execution.worker import Worker
from domain.models.failover import ModelAsker
from domain.models.prices import Prices
from domain.runs.lookup import RunLookup
from domain.shared.clock import Clock
from domain.shared.errors import Unavailable
from entrypoints.settings.settings import Settings
from entrypoints.wiring.models import ModelParts
from entrypoints.wiring.persistence import Persistence
from entrypoints.wiring.plugins import PluginParts
from entrypoints.wiring.tools import ToolParts


@dataclass(frozen=True, slots=True)
class RunParts:
    """What brings runs on."""

    worker: Worker
    dead_workers: DeadWorkers
    chat: Chat
    lookup: RunLookup


def wire_runs(
    settings: Settings,
    persistence: Persistence,
    models: ModelParts,
    plugins: PluginParts,
    tools: ToolParts,
    clock: Clock,
) -> RunParts:
    """Put together what begins and drives runs; the worker does not work yet.

    Raises:
        Unavailable: the operator's table of prices cannot be used; the message says why.

    """
    store = persistence.store
    runner = _runner(settings, persistence, models, plugins, tools, clock)
    worker = Worker(
        runner=runner,
        runs=persistence.runs,
        log=persistence.log,
        leases=store.leases,
        consents=store.consents,
        configurations=store.configurations,
        live=persistence.live,
        clock=clock,
        lease_seconds=settings.lease_seconds,
    )
    chat = Chat(
        runs=persistence.runs,
        log=persistence.log,
        configurations=store.configurations,
        models=models.providers,
        toolbox=plugins.host,
        worker=worker,
        live=persistence.live,
        clock=clock,
        agents=plugins.host,
        notices=plugins.notices,
        max_steps=settings.max_steps,
    )
    lookup = RunLookup(
        runs=persistence.runs,
        queries=store.run_queries,
        log=persistence.log,
        conversations=store.conversations,
    )
    locks = FileLocks(settings.data_dir / "workers")
    return RunParts(worker, DeadWorkers(locks, store.leases), chat, lookup)


def _runner(
    settings: Settings,
    persistence: Persistence,
    models: ModelParts,
    plugins: PluginParts,
    tools: ToolParts,
    clock: Clock,
) -> Runner:
    store = persistence.store
    asker = ModelAsker(
        models.providers,
        models.circuits,
        _prices(settings),
        clock,
        tell=plugins.incidents.note_of_model,
    )
    return Runner(
        asker=asker,
        toolbox=plugins.host,
        caller=tools.caller,
        showcase=tools.showcase,
        guard=plugins.guard,
        consents=store.consents,
        leases=store.leases,
        audit=store.audit,
        notices=plugins.notices,
        clock=clock,
        tool_concurrency=settings.tool_concurrency,
    )


def _prices(settings: Settings) -> Prices:
    """Return the prices of tokens.

    Raises:
        Unavailable: the operator's table cannot be used; the message says why.

    """
    try:
        return load_prices(settings.prices)
    except ValueError as error:
        raise Unavailable(f"PUERTO_PRICES: {error}") from error
