"""Audit records of decisions about calls."""

from collections.abc import Sequence

from domain.consents.consent import digest_of
from domain.execution.task import Task
from domain.policy.audit import Audit, Decided
from domain.runs.run import Call
from domain.shared.clock import Clock
from domain.shared.ids import new_id


class Decisions:
    """Writes the audit records of decisions of the policy, or of a plugin, about calls."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock

    async def record(self, task: Task, decided: Sequence[tuple[str, Call, str]]) -> None:
        """Record decisions about calls, each with its rule, in one write.

        Raises:
            Unavailable: the database does not answer.

        """
        await self._audit.record(
            [self._decided(task, call, decision, rule) for decision, call, rule in decided]
        )

    def _decided(self, task: Task, call: Call, decision: str, rule: str) -> Decided:
        return Decided(
            id=new_id(),
            at=self._clock.now(),
            user_id=task.user.id,
            username=task.user.username,
            run_id=task.journal.run.id,
            call_id=call.id,
            tool=call.tool,
            effect=call.effect,
            params=call.params,
            digest=digest_of(call.tool, call.version, call.params),
            decision=decision,
            rule=rule,
        )
