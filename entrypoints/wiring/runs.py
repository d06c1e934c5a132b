"""Runs: who begins, drives, reads and lists them."""

from dataclasses import dataclass

from adapters.llm.prices import load_prices
from adapters.persistence import Store
from adapters.worker_locks import FileLocks
from domain.execution.dead_workers import DeadWorkers
from domain.execution.runner import Runner
from domain.execution.service import RunService
from domain.execution.setup import RunSetup
from domain.execution.steps.call_gate import CallGate
from domain.execution.steps.call_runner import CallRunner
from domain.execution.steps.decisions import Decisions
from domain.execution.steps.human_step import HumanStep
from domain.execution.steps.message_guards import MessageGuards
from domain.execution.steps.model_step import ModelStep
from domain.execution.steps.previewing import Previews
from domain.execution.steps.requests import ConsentRequests
from domain.execution.steps.tool_step import ToolStep
from domain.execution.tool_caller import ToolCaller
from domain.execution.worker import Worker
from domain.models.failover import ModelFailover
from domain.models.prices import Prices
from domain.notifications.ports import Notices
from domain.plugins.incidents import ReportIncident, no_report
from domain.plugins.vetoes import VetoCheck
from domain.runs.lookup import RunLookup
from domain.shared.clock import Clock
from domain.shared.errors import Unavailable
from domain.telemetry.fan_out import UNWATCHED
from domain.telemetry.ports import Telemetry
from domain.tools.ports import Toolbox
from domain.usage.gate import BudgetGate
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.telemetry import TelemetryParts
from entrypoints.wiring.models import ModelParts
from entrypoints.wiring.plugins import PluginParts
from entrypoints.wiring.tools import ToolParts


@dataclass(frozen=True, slots=True)
class RunParts:
    """What brings runs on."""

    worker: Worker
    dead_workers: DeadWorkers
    chat: RunService
    lookup: RunLookup
    budgets: BudgetGate


def wire_runs(
    settings: Settings,
    persistence: Persistence,
    models: ModelParts,
    plugins: PluginParts,
    tools: ToolParts,
    telemetry: TelemetryParts,
    clock: Clock,
) -> RunParts:
    """Put together what begins and drives runs; the worker does not work yet.

    Raises:
        Unavailable: the operator's table of prices cannot be used; the message says why.

    """
    store, host = persistence.store, plugins.host
    prices = _prices(settings)
    budgets = BudgetGate(store.budgets, prices, clock)
    failover = ModelFailover(
        models.providers,
        models.circuit_breaker,
        prices,
        clock,
        tell=plugins.incidents.note_of_model,
        telemetry=telemetry.telemetry,
    )
    runner = make_runner(
        ModelStep(failover, tools.tool_selector, MessageGuards(plugins.guards), budgets, clock),
        tools.caller,
        tools.toolbox,
        plugins.vetoes,
        store,
        plugins.notices,
        clock,
        tool_concurrency=settings.tool_concurrency,
        tell=plugins.incidents.note,
        telemetry=telemetry.telemetry,
    )
    worker = Worker(
        runner,
        persistence.runs,
        store.leases,
        store.consents,
        store.configurations,
        clock,
        lease_seconds=settings.lease_seconds,
    )
    setup = RunSetup(
        store.configurations, models.providers, host, host, max_steps=settings.max_steps
    )
    lookup = RunLookup(
        runs=persistence.runs.runs,
        queries=store.run_queries,
        log=persistence.runs.log,
        conversations=store.conversations,
    )
    locks = FileLocks(settings.data_dir / "workers")
    return RunParts(
        worker=worker,
        dead_workers=DeadWorkers(locks, store.leases),
        chat=RunService(persistence.runs, setup, worker, plugins.notices, clock),
        lookup=lookup,
        budgets=budgets,
    )


def make_runner(
    models: ModelStep,
    caller: ToolCaller,
    toolbox: Toolbox,
    vetoes: VetoCheck,
    store: Store,
    notices: Notices,
    clock: Clock,
    *,
    tool_concurrency: int,
    tell: ReportIncident = no_report,
    telemetry: Telemetry = UNWATCHED,
) -> Runner:
    """Return what drives runs, step by step."""
    decisions = Decisions(store.audit, clock)
    requests = ConsentRequests(decisions, notices)
    gate = CallGate(vetoes, Previews(toolbox, caller, tell), decisions, requests, clock)
    calls = CallRunner(
        gate=gate,
        caller=caller,
        models=models,
        requests=requests,
        notices=notices,
        clock=clock,
        telemetry=telemetry,
    )
    return Runner(
        models=models,
        tools=ToolStep(toolbox, gate, decisions, calls, at_once=tool_concurrency),
        humans=HumanStep(gate, store.consents, store.leases, caller.inputs, clock),
        notices=notices,
        clock=clock,
        telemetry=telemetry,
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
