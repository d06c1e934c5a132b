"""The gate before calls: vetoes of plugins, and the requests for a human's consent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.consents.consent import ConsentKind
from domain.conversations.calls import Problem
from domain.execution.questions import ask_about
from domain.execution.steps.decisions import Decisions
from domain.execution.steps.previewing import Previews
from domain.execution.steps.proposals import proposal_of
from domain.execution.steps.requests import ConsentRequests
from domain.execution.task import Task
from domain.execution.tool_calls import settled
from domain.plugins.vetoes import VetoCheck
from domain.policy.policy import Decision, Verdict
from domain.runs.decide import UNKNOWN
from domain.runs.events import Body
from domain.runs.reports.log_lines import log_interrupted
from domain.runs.run import Call
from domain.runs.states import CallState
from domain.shared.clock import Clock
from domain.shared.error_codes import Refusal
from domain.shared.errors import ToolRefused
from domain.tools.ports import Toolbox
from domain.tools.preview import Preview
from domain.tools.tool import Tool

Question = tuple[Call, ConsentKind, str]
"""A call that a human is asked about, the kind of the question, and why; empty: a plugin's reason.
"""

_VETO: Final = "veto"
_VETO_ASK: Final = "veto_ask"  # apart from the policy's own "ask", which a simulation replays
_BY_PLUGIN: Final = {Decision.DENY: _VETO, Decision.ASK: _VETO_ASK}


@dataclass(frozen=True, slots=True)
class _Checked:
    """What plugins say of calls, by the calls' ids. The ``vetoed`` ones are settled.

    ``asks`` are the reasons to ask a human, ``previews`` the tools' previews, as far as they were
    made.
    """

    vetoed: frozenset[str]
    asks: Mapping[str, str]
    previews: Mapping[str, Preview | None]


class CallGate:
    """Lets calls start: asks plugins about them, and requests what a human has to answer."""

    def __init__(
        self,
        vetoes: VetoCheck,
        previews: Previews,
        decisions: Decisions,
        requests: ConsentRequests,
        clock: Clock,
    ) -> None:
        self._vetoes = vetoes
        self._previews = previews
        self._decisions = decisions
        self._requests = requests
        self._clock = clock

    async def admit(self, task: Task, calls: Sequence[Call]) -> Sequence[Call]:
        """Return those of the calls, which the policy allows, that may start now.

        A call that a plugin vetoes is settled. Where a plugin wants a human to approve it, that is
        requested, unless a human has: a call is approved with the arguments and the version of the
        tool that it is about to run with. To answer a question of the tool is no approval.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        checked = await self._checked(task, calls)
        asked = [call for call in calls if call.id in checked.asks and not call.is_approved]
        if asked:
            questions = [(call, ConsentKind.APPROVAL, "") for call in asked]
            await self._request(task, questions, checked)
        held = checked.vetoed.union(call.id for call in asked)
        return [call for call in calls if call.id not in held]

    async def ask(self, task: Task, questions: Sequence[Question]) -> None:
        """Request a human's answers about the calls that no plugin vetoes.

        Raises:
            LeaseLost: another worker drives the run now.
            Unavailable: the database does not answer.

        """
        checked = await self._checked(task, [call for call, _, _ in questions])
        standing = [question for question in questions if question[0].id not in checked.vetoed]
        await self._request(task, standing, checked)

    @property
    def toolbox(self) -> Toolbox:
        """The tools whose calls pass here."""
        return self._previews.toolbox

    def usable(self, call: Call) -> Tool:
        """Return the tool of a call that is about to start.

        Raises:
            UnknownTool: it is gone.
            ToolRefused: it has changed since it was asked for, or a required plugin is missing:
                calls that are retried are not checked by a veto.

        """
        tool = self.toolbox.get(call.tool)
        if tool.spec.version != call.version:
            raise ToolRefused(f"{call.tool} has changed since it was asked for. Ask again.")
        if (why := self._vetoes.objection_to_risk(call.effect)) is not None:
            raise ToolRefused(f"Not run: {why}.")
        return tool

    async def verdict(self, task: Task, call: Call) -> tuple[str, Verdict]:
        """Return what becomes of a call that a tool wants to make, and its name in the audit.

        The stricter of the policy and the plugins decides.
        """
        preview = (await self._made(task, [call]))[call.id] if self._vetoes.has_vetoes else None
        proposal = proposal_of(task, call, self.toolbox, preview)
        policy = task.policy.judge(proposal)
        (plugins,) = await self._vetoes.verdicts([proposal])
        for decision in (Decision.DENY, Decision.ASK):
            if policy.decision is decision:
                return decision, policy
            if plugins.decision is decision:
                return _BY_PLUGIN[decision], plugins
        return Decision.ALLOW, policy

    async def decided(self, task: Task, decisions: Sequence[tuple[str, Call, str]]) -> None:
        """Record decisions in the audit: `Decisions.record`."""
        await self._decisions.record(task, decisions)

    async def _checked(self, task: Task, calls: Sequence[Call]) -> _Checked:
        """Ask plugins about the calls that were not started, and settle those that they veto."""
        fresh = [call for call in calls if call.state is not CallState.STARTED]
        previews = await self._made(task, fresh) if self._vetoes.has_vetoes else {}
        toolbox = self._previews.toolbox
        verdicts = await self._vetoes.verdicts(
            [proposal_of(task, call, toolbox, previews.get(call.id)) for call in fresh]
        )
        said = list(zip(fresh, verdicts, strict=True))
        vetoed = [(call, each.rule) for call, each in said if each.decision is Decision.DENY]
        if vetoed:
            await self._decisions.record(task, [(_VETO, call, why) for call, why in vetoed])
            await task.journal.record(*[_vetoed(call, why) for call, why in vetoed])
        return _Checked(
            frozenset(call.id for call, _ in vetoed),
            {call.id: each.rule for call, each in said if each.decision is Decision.ASK},
            previews,
        )

    async def _request(self, task: Task, questions: Sequence[Question], checked: _Checked) -> None:
        """Store the requests, and tell observers of them."""
        run = task.journal.run
        for call in (c for c, kind, _ in questions if kind is ConsentKind.OUTCOME):
            log_interrupted(
                run, call, self._previews.toolbox, "its user is asked what became of it"
            )
        unseen = [call for call, _, _ in questions if call.id not in checked.previews]
        previews = {**checked.previews, **await self._made(task, unseen)}
        explained = [
            (call, kind, "; ".join(filter(None, (rule, checked.asks.get(call.id)))))
            for call, kind, rule in questions
        ]
        consents = ask_about(run, explained, self._clock.now(), previews)
        await self._requests.send(task, consents, list(_asking(questions, checked.asks)))

    async def _made(self, task: Task, calls: Sequence[Call]) -> Mapping[str, Preview | None]:
        return await self._previews.of_calls(calls, task.journal.run, task.user)


def _asking(
    questions: Sequence[Question], asks: Mapping[str, str]
) -> Iterator[tuple[str, Call, str]]:
    """Yield who wants a human asked, for the audit: the policy, a plugin, or both."""
    for call, _, rule in questions:
        if rule:
            yield Decision.ASK, call, rule
        if call.id in asks:
            yield _VETO_ASK, call, asks[call.id]


def _vetoed(call: Call, why: str) -> Body:
    if call.may_have_acted:  # an earlier try did, and a retry was approved
        return settled(call, CallState.UNKNOWN, UNKNOWN)
    return settled(call, CallState.REFUSED, Problem(Refusal.VETOED, f"Not run: {why}"))
