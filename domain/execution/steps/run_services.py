"""What a run does for the tool of one of its calls: asks its model, calls another tool.

What came of both is part of the run's events. So the next attempt of a call, after a question to
its user or a crash, is given the same again, and nothing is done twice.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

from typing_extensions import override

from domain.consents.consent import preview_of
from domain.conversations.calls import Problem
from domain.execution.steps.call_gate import CallGate
from domain.execution.steps.model_step import ModelStep
from domain.execution.task import Task
from domain.execution.tool_calls import intended_call, settled
from domain.policy.policy import Decision
from domain.runs.call_events import ModelAsked
from domain.runs.decide import UNKNOWN
from domain.runs.events import Body
from domain.runs.folding import call_of
from domain.runs.run import Call, Run
from domain.runs.states import CallState
from domain.shared.error_codes import Refusal
from domain.shared.errors import ToolFailed, ToolRefused
from domain.shared.ids import new_id
from domain.shared.json_values import storable
from domain.tools.ports import Toolbox
from domain.tools.questions import Asker, QuestionKind, ToolQuestion
from domain.tools.services import CallServices
from domain.tools.tool import Tool

PROMPT_LENGTH: Final = 200_000  # characters of prompt and system prompt
MOST_ASKED: Final = 10  # questions of one call to a model
MOST_CALLS: Final = 50  # calls that one call makes
DEEPEST: Final = 2  # calls of calls of the model's

T = TypeVar("T")


class RunServices(CallServices):
    """Serves one attempt of a call; ``make`` makes the calls of other tools."""

    def __init__(
        self,
        task: Task,
        call: Call,
        toolbox: Toolbox,
        gate: CallGate,
        models: ModelStep,
        make: Callable[[Task, Call], Awaitable[None]],
    ) -> None:
        self._task = task
        self._call = call
        self._toolbox = toolbox
        self._gate = gate
        self._models = models
        self._make = make
        earlier = _nested_in(call, task.journal.run)
        self._asides = _Earlier((each.digest, each.text) for each in call.asides)
        self._calls = _Earlier((_digest(each.tool, dict(each.params)), each.id) for each in earlier)

    @override
    async def ask_model(self, prompt: str, system: str) -> str:
        if len(prompt) + len(system) > PROMPT_LENGTH:
            raise ToolRefused(f"A prompt has at most {PROMPT_LENGTH:,} characters.")
        digest = _digest(system, prompt)
        if (text := self._asides.take(digest)) is not None:
            return text
        journal = self._task.journal
        if len(journal.run.calls[self._call.id].asides) >= MOST_ASKED:
            raise ToolRefused(f"A call can ask the model {MOST_ASKED} times, and this one has.")
        text, answer = await self._models.ask_aside(self._task, storable(prompt), storable(system))
        used = answer.stop.usage
        await journal.record(
            ModelAsked(
                call_id=self._call.id,
                digest=digest,
                text=text,
                provider=answer.choice.provider,
                model=answer.choice.model,
                input_tokens=used.input_tokens,
                output_tokens=used.output_tokens,
                cached_tokens=used.cached_tokens,
                cost_usd=answer.cost_usd,
            )
        )
        return text

    @override
    async def call_tool(self, name: str, arguments: Mapping[str, Any], asker: Asker) -> Any:
        tool = self._toolbox.get(name)
        params = tool.check(arguments)
        run = self._task.journal.run
        call_id = self._calls.take(_digest(name, params))
        if call_id is None:
            call = await self._admitted(tool, params, asker)
        elif (call := run.calls[call_id]).state is CallState.STARTED and not call.can_repeat:
            await self._task.journal.record(settled(call, CallState.UNKNOWN, UNKNOWN))
        if not self._now(call).is_settled:
            await self._make(self._task, self._now(call))
        return _result(self._now(call))

    def _now(self, call: Call) -> Call:
        return self._task.journal.run.calls[call.id]

    async def _admitted(self, tool: Tool, params: Mapping[str, Any], asker: Asker) -> Call:
        """Record a call that the policy, the plugins and, where asked, the user allow."""
        journal, parent = self._task.journal, self._call
        self._require_room(tool, journal.run)
        intended = intended_call(new_id(), tool.spec, params, parent.id)
        if intended.confirm:
            names = ", ".join(intended.confirm)
            raise ToolRefused(
                f"{intended.tool} is not called: its user must type {names} again, which only a "
                "call of the model can ask for."
            )
        call = call_of(intended)
        decision, verdict = await self._gate.verdict(self._task, call)
        rule = verdict.rule
        refused: list[Body] = []
        if verdict.decision is Decision.DENY:
            code = Refusal.DENIED if decision == Decision.DENY else Refusal.VETOED
            why = Problem(code, f"Not run: {verdict.rule}.")
            refused = [settled(intended, CallState.REFUSED, why)]
        elif verdict.decision is Decision.ASK:
            await asker.put(_consent_to(call, parent, rule))
            rule = f"{rule}; the user consented"
        made_by = f"{rule}; the tool {parent.tool} makes it"
        await self._gate.decided(self._task, [(decision, call, made_by)])
        await journal.record(intended, *refused)
        return call

    def _require_room(self, tool: Tool, run: Run) -> None:
        """Check that the call may make another.

        Raises:
            ToolRefused: it has made too many, or is itself made by another, and so on.

        """
        depth, above = 1, self._call
        while above.parent is not None:
            depth, above = depth + 1, run.calls[above.parent]
        if depth > DEEPEST:
            raise ToolRefused(f"{tool.spec.name} is not called: calls are {DEEPEST} deep by now.")
        if len(list(_nested_in(self._call, run))) >= MOST_CALLS:
            raise ToolRefused(f"A call can make {MOST_CALLS} others, and this one has.")


class _Earlier(Generic[T]):
    """What came of what earlier attempts did, by digest, each to be taken once and in order."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._entries = list(entries)

    def take(self, digest: str) -> T | None:
        """Return the first entry of that digest that is left, or None."""
        for place, (known, value) in enumerate(self._entries):
            if known == digest:
                del self._entries[place]
                return value
        return None


def _nested_in(call: Call, run: Run) -> Iterable[Call]:
    return (each for each in run.calls.values() if each.parent == call.id)


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _consent_to(call: Call, parent: Call, reason: str) -> ToolQuestion:
    message = f"May {parent.tool} call {preview_of(call.tool, call.params)}?"
    asked = {
        "tool": call.tool,
        "version": call.version,
        "params": dict(call.params),
        "effect": call.effect.value,
    }
    return ToolQuestion(QuestionKind.CALL, message, {"call": asked}, reason)


def _result(call: Call) -> Any:
    """Return the result of a settled call.

    Raises:
        ToolRefused: it was not made.
        ToolFailed: it gave no result.

    """
    if call.problem is None:
        return call.result
    if call.state is CallState.REFUSED:
        raise ToolRefused(call.problem.message, details=call.problem.details)
    raise ToolFailed(call.problem.message, details=call.problem.details)
