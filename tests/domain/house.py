"""A whole house around a fake model, and what a test asks it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.accounts.users import Role, User
from domain.configuration.configuration import Configuration
from domain.configuration.policy_editor import PolicyService
from domain.connected_accounts.account import Account
from domain.connected_accounts.connector import AccountConnector
from domain.consents.replies import ReplyReader
from domain.consents.service import ConsentService
from domain.execution.results import Results
from domain.execution.service import RunService
from domain.execution.setup import RunSetup
from domain.execution.steps.message_guards import MessageGuards
from domain.execution.steps.model_step import ModelStep
from domain.execution.tool_caller import ToolCaller
from domain.execution.tool_selection import SelectionLimits
from domain.execution.worker import Worker
from domain.models.circuit_breaker import CircuitBreaker
from domain.models.failover import ModelFailover
from domain.models.messages import (
    ModelChoice,
    Stop,
    StopReason,
    Usage,
)
from domain.models.prices import Prices
from domain.plugins.guard_check import GuardCheck
from domain.plugins.vetoes import VetoCheck
from domain.policy.policy import Autonomy
from domain.runs.cursors import Cursor, write_cursor
from domain.runs.events import Chunk, Ended, Event, Paused, RunStarted
from domain.runs.live import LiveRuns
from domain.runs.store import RunStore
from domain.telemetry.fan_out import UNWATCHED
from domain.telemetry.ports import Telemetry
from domain.tools.context import PluginContexts
from domain.tools.tool import Tool
from domain.usage.gate import BudgetGate
from entrypoints.wiring.runs import make_runner
from plugins.authoring.forms import PydanticForms
from tests.domain.builders import ANN, NOW
from tests.fakes.authorization_servers import grants_in, inputs_over
from tests.fakes.budgets import FakeBudgets
from tests.fakes.clock import FakeClock
from tests.fakes.extensions import FakeExtensions
from tests.fakes.models import FakeModel, FakeModels
from tests.fakes.persistence import FakeStore
from tests.fakes.tools import FakeHttpClients, FakeToolbox, tool_selector_of

BOB = User("01900000-0000-7000-8000-00000000000b", "bob@x.org", "bob", "Bob", Role.USER, NOW)
LEASE = 15.0
BUILT: list["House"] = []  # by the test that runs, for closing after it
STOP = Stop(StopReason.END, Usage(3, 4))
_LIMITS = SelectionLimits()
CALLS = Stop(StopReason.TOOL_CALLS, Usage(3, 4))


@dataclass
class House:
    """Everything that a run needs, and what a test asks it."""

    store: FakeStore
    clock: FakeClock
    model: FakeModel
    live: LiveRuns
    worker: Worker
    chat: RunService
    consent_service: ConsentService
    policy_service: PolicyService
    extensions: FakeExtensions
    circuit_breaker: CircuitBreaker
    slept: list[float]
    connector: AccountConnector
    budgets: FakeBudgets

    async def say(self, text: str = "hi", conversation: str | None = None) -> list[Event]:
        started = await self.chat.send(ANN, text, conversation)
        return await self.events(started.run_id)

    async def events(self, run_id: str, after: Cursor | None = None) -> list[Event]:
        place = None if after is None else write_cursor(run_id, after.attempt, after.number)
        async with asyncio.timeout(60):
            reader = await self.chat.follow(await self.owner(run_id), run_id, place)
            return [e async for batch in reader.events() for e in batch]

    async def owner(self, run_id: str) -> User:
        return self.store.memory.users[(await self.store.runs.get(run_id)).user_id][0]

    async def until(self, run_id: str, kind: type) -> list[Event]:
        """Follow up to the first event of a kind, through every pause."""
        seen: list[Event] = []
        async with asyncio.timeout(60):
            reader = await self.chat.follow(await self.owner(run_id), run_id, stay=True)
            async for batch in reader.events():
                seen.extend(event for event in batch if not isinstance(event.body, Paused))
                if any(isinstance(event.body, kind) for event in batch):
                    return seen
        raise AssertionError(f"the run ended without {kind}")


def build(
    model: FakeModel,
    *tools: Tool,
    autonomy: Autonomy = Autonomy.SEMI,
    store: Any = None,
    others: Sequence[FakeModel] = (),
    prices: Prices | None = None,
    environ: Mapping[str, str] | None = None,
    extensions: FakeExtensions | None = None,
    limits: SelectionLimits = _LIMITS,
    lacking: Callable[[], str | None] = lambda: None,
    unguarded: Callable[[], str | None] = lambda: None,
    accounts: Sequence[Account] = (),
    telemetry: Telemetry = UNWATCHED,
) -> House:
    """Build a house that thinks with the model, and with the others where it fails."""
    extensions = extensions or FakeExtensions()
    if store is None:
        fallbacks = [ModelChoice(other.provider, "") for other in others]
        store = FakeStore(
            Configuration(provider=model.provider, autonomy=autonomy, fallbacks=fallbacks)
        )
        store.memory.users |= {user.id: (user, "hash") for user in (ANN, BOB)}
    clock, live, slept = FakeClock(NOW), LiveRuns(), list[float]()
    models = FakeModels(model, *others)
    circuit_breaker = CircuitBreaker(clock)
    toolbox = FakeToolbox(*tools)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    failover = ModelFailover(
        models,
        circuit_breaker,
        prices or Prices({}),
        clock,
        sleep=sleep,
        chance=lambda: 1.0,
        telemetry=telemetry,
    )
    tool_selector = tool_selector_of(toolbox, limits)
    results = Results(store.artifacts, clock)
    contexts = PluginContexts(FakeHttpClients(), clock, store.plugin_values)
    inputs = inputs_over(store, clock, *accounts)
    caller = ToolCaller(
        store.conversations, results, contexts, environ or {}, tool_selector, inputs
    )
    vetoes = VetoCheck(extensions, lacking=lacking)
    guards = GuardCheck(extensions, lacking=unguarded)
    runs = RunStore(store.runs, store.log, live)
    budgets = FakeBudgets()
    gate = BudgetGate(budgets, prices or Prices({}), clock)
    model_step = ModelStep(failover, tool_selector, MessageGuards(guards), gate, clock)
    runner = make_runner(
        model_step,
        caller,
        toolbox,
        vetoes,
        store,
        extensions,
        clock,
        tool_concurrency=2,
        telemetry=telemetry,
    )
    worker = Worker(
        runner,
        runs,
        store.leases,
        store.consents,
        store.configurations,
        clock,
        lease_seconds=LEASE,
    )
    setup = RunSetup(store.configurations, models, extensions, toolbox, max_steps=3)
    chat = RunService(runs, setup, worker, extensions, clock)
    policy_service = PolicyService(store.configurations, toolbox, store.audit, vetoes)
    consent_service = ConsentService(
        store.consents,
        store.audit,
        store.configurations,
        ReplyReader(toolbox, PydanticForms()),
        store.unit_of_work,
        worker.look,
        clock,
    )
    house = House(
        store,
        clock,
        model,
        live,
        worker,
        chat,
        consent_service,
        policy_service,
        extensions,
        circuit_breaker,
        slept,
        AccountConnector(grants_in(store, clock), consent_service, store.unit_of_work),
        budgets,
    )
    BUILT.append(house)
    return house


def kinds(events: Sequence[Event]) -> list[str]:
    return [event.body.type for event in events]


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.body.content for event in events if isinstance(event.body, Chunk))


def last(events: Sequence[Event]) -> Ended:
    body = events[-1].body
    assert isinstance(body, Ended)
    return body


def conversation_of(events: Sequence[Event]) -> str:
    body = events[0].body
    assert isinstance(body, RunStarted)
    return body.conversation_id
