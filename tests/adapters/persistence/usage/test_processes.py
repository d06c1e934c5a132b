"""Many processes reserve of one budget and settle: it is exact, and a killed one holds nothing."""

import asyncio
import sys
from contextlib import AsyncExitStack, suppress

import pytest

from adapters.persistence import Database, Store
from domain.shared.ids import new_id
from domain.usage.budgets import Budget, BudgetLimit, BudgetPeriod, BudgetScope
from tests.adapters.persistence.stores import MINUTE, NOW, a_run

pytestmark = pytest.mark.long

ANN = new_id()
PROCESSES, RUNS = 4, 10
STEP, TAKEN = 30, 10
LIMIT = 20 * TAKEN  # of 40 steps
PROCESS = """
import asyncio, sys
from adapters.persistence import Database, Store
from domain.models.messages import StopReason
from domain.runs.events import StepEnded
from domain.usage.budgets import Amount

async def main() -> None:
    url, held, taken, *runs = sys.argv[1:]
    database = Database(url)
    await database.start()
    store = Store(database)
    (budget,) = await store.budgets.all()
    print("ready", flush=True)
    sys.stdin.readline()
    kept, *others = runs  # the hold of the first is never settled
    passed = [await store.budgets.reserve(kept, 1, [(budget, budget.subject)], Amount(int(held)))]
    for run in others:
        passed.append(
            await store.budgets.reserve(run, 1, [(budget, budget.subject)], Amount(int(held)))
        )
        if passed[-1] is None:
            step = StepEnded(StopReason.END, int(taken), 0, 0, "p", "m")
            await store.log.append(run, 1, 2, [step])
    print(*[int(each is None) for each in passed], flush=True)
    sys.stdin.readline()

asyncio.run(main())
"""


async def test_many_processes_stay_within_a_budget(database: Database) -> None:
    store = Store(database)
    limit = BudgetLimit(LIMIT, None)
    budget = Budget(new_id(), BudgetScope.USER, ANN, BudgetPeriod.MONTH, limit, NOW)
    assert await store.budgets.put(budget, most=1) == budget.id
    runs = [[await begun(store) for _ in range(RUNS)] for _ in range(PROCESSES)]

    async with AsyncExitStack() as stack:
        workers = [await started(stack, database.url, own) for own in runs]
        for worker in workers:
            assert (await read(worker)) == "ready"
        passed = [list(map(int, each.split())) for each in await asyncio.gather(*map(go, workers))]
        standing = await store.budgets.get(budget.id)
        held = sum(own[0] for own in passed) * STEP
        spent = sum(sum(own[1:]) for own in passed) * TAKEN
        assert (standing.spent.tokens, standing.held.tokens) == (spent, held)
        assert 0 < spent + held <= LIMIT
        for worker in workers:
            worker.kill()

    later = NOW + 2 * MINUTE
    claimed = await store.leases.claim("another", later, later + MINUTE, PROCESSES * RUNS)
    assert len(claimed) == PROCESSES * RUNS
    standing = await store.budgets.get(budget.id)
    assert (standing.spent.tokens, standing.held.tokens) == (spent, 0)


async def begun(store: Store) -> str:
    run = a_run(ANN)
    await store.runs.start(run, 10)
    return run.id


async def started(stack: AsyncExitStack, url: str, runs: list[str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    given = (url, str(STEP), str(TAKEN), *runs)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, *given, stdin=pipe, stdout=pipe
    )

    async def end() -> None:
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()

    stack.push_async_callback(end)
    return worker


async def go(worker: asyncio.subprocess.Process) -> str:
    assert worker.stdin is not None
    worker.stdin.write(b"go\n")
    return await read(worker)


async def read(worker: asyncio.subprocess.Process) -> str:
    assert worker.stdout is not None
    async with asyncio.timeout(120):
        return (await worker.stdout.readline()).decode().strip()
