"""Any course of steps, crashes and repeats: what is spent and held is exact, and never too much."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from adapters.persistence import Database, Store
from adapters.persistence.models import TABLES
from domain.models.messages import StopReason
from domain.runs.events import Body, Ended, StepEnded
from domain.runs.ports import NewRun
from domain.runs.states import RunStatus
from domain.shared.errors import LeaseLost
from domain.shared.ids import new_id
from domain.usage.budgets import Amount, Budget, BudgetLimit, BudgetPeriod, BudgetScope
from domain.usage.report import UsageGroup
from tests.adapters.persistence.stores import MINUTE, NOW, a_run, an_ending
from tests.adapters.persistence.usage.test_ledger import report

ANN = new_id()
DONE = Ended(RunStatus.COMPLETED, "end", 0, 0)
LIMIT = 100
RUNS = 3
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "reserve", "end_step", "end_step", "die", "again", "finish"]),
        st.integers(0, RUNS - 1),
        st.integers(0, 60),
    ),
    max_size=25,
)


@dataclass
class Course:
    """A run as it should stand: what it holds, and what it last stored."""

    run: NewRun
    attempt: int = 1
    number: int = 1
    held: int = 0
    last: tuple[int, int] | None = None  # attempt and number of the last step that was stored
    is_over: bool = False


class Office:
    """Runs of one user under one budget, and what is spent of it."""

    def __init__(self, store: Store, budget: Budget) -> None:
        self.store, self.budget = store, budget
        self.courses: list[Course] = []
        self.spent = 0

    async def open(self) -> None:
        assert await self.store.budgets.put(self.budget, most=1) == self.budget.id
        for _ in range(RUNS):
            run = a_run(ANN)
            await self.store.runs.start(run, 10)
            self.courses.append(Course(run))

    async def reserve(self, course: Course, amount: int) -> None:
        """Hold it if there is room; a worker that lost its lease holds nothing."""
        others = sum(each.held for each in self.courses if each is not course)
        bounds = [(self.budget, ANN)]
        full = await self.store.budgets.reserve(
            course.run.id, course.attempt, bounds, Amount(amount)
        )
        assert (full is None) == (self.spent + others + amount <= LIMIT)
        if full is None:
            course.held = 0 if course.is_over else amount

    async def end_step(self, course: Course, amount: int) -> None:
        """Store a step that took what was held for it at most."""
        taken = min(amount, course.held)
        await self._store(course, taken)

    async def _store(self, course: Course, taken: int) -> None:
        step = StepEnded(StopReason.END, taken, 0, 0, "p", "m")
        if course.is_over:
            return
        await self.store.log.append(course.run.id, course.attempt, course.number + 1, [step])
        course.number += 1
        course.last = course.attempt, course.number
        course.held = 0
        self.spent += taken

    async def again(self, course: Course, amount: int) -> None:
        """Store the last step once more, as after a lost answer: it must not count."""
        if course.last is None:
            return
        attempt, number = course.last
        step = StepEnded(StopReason.END, amount, 0, 0, "p", "m")
        try:
            await self.store.log.append(course.run.id, attempt, number, [step])
        except LeaseLost:
            return
        raise AssertionError("a step was stored twice")

    async def die(self, course: Course, _amount: int) -> None:
        """The worker dies, and another takes the run over."""
        if not course.is_over:
            await self.store.leases.release(course.run.id, course.attempt)
            claimed = await self.store.leases.claim("w2", NOW, NOW + MINUTE, 1)
            course.attempt += 1
            assert claimed == [(course.run.id, course.attempt)]
            course.held = 0

    async def finish(self, course: Course, amount: int) -> None:
        if course.is_over:
            return
        step = StepEnded(StopReason.END, taken := min(amount, course.held), 0, 0, "p", "m")
        bodies: list[Body] = [step, DONE] if amount % 2 else [DONE]
        ending = an_ending(course.run, "42" if amount % 3 else None)
        first = course.number + 1
        await self.store.log.append(course.run.id, course.attempt, first, bodies, ending=ending)
        self.spent += taken if amount % 2 else 0
        course.is_over, course.held = True, 0


@given(STEPS)
async def test_any_course_is_exact(shared: Database, steps: list[tuple[str, int, int]]) -> None:
    for table in TABLES:
        await shared.fetch(f"DELETE FROM {table}")
    limit = BudgetLimit(LIMIT, None)
    budget = Budget(new_id(), BudgetScope.USER, ANN, BudgetPeriod.MONTH, limit, NOW)
    office = Office(Store(shared), budget)
    await office.open()

    for name, which, amount in steps:
        await getattr(office, name)(office.courses[which], amount)
        found = await office.store.budgets.get(budget.id)
        held = sum(course.held for course in office.courses)
        if found.spent.tokens or held:  # until a budget is first reserved from nothing is counted
            assert (found.spent.tokens, found.held.tokens) == (office.spent, held)
        assert office.spent + held <= LIMIT

    total = (await report(office.store, UsageGroup.USER)).total
    assert total.total_tokens == office.spent
