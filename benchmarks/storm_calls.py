"""What must hold of each tool call after a kill storm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storm_plan import Reply, policy_says
from storm_rows import Stored


@dataclass(frozen=True, slots=True)
class Effect:
    """One line in the file of the tools."""

    call: str
    tool: str
    arguments: Mapping[str, Any]
    pid: int


@dataclass(slots=True)
class StoredCall:
    """A call as the log tells it. ``ends`` are its outcomes, of which there must be one."""

    id: str
    tool: str
    params: Mapping[str, Any]
    starts: int = 0
    approved: list[Mapping[str, Any]] = field(default_factory=list)
    questions: int = 0
    ends: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """How it ended: finished, confirmed (by a human), failed, refused or unknown."""
        end = self.ends[-1]
        if end["type"] == "tool_erred":
            return "not done" if end["code"] == "NOT_DONE" else str(end["outcome"])
        return "finished" if "kept" in end["result"] else "confirmed"

    @property
    def was_interrupted(self) -> bool:
        """Tell whether its run was cancelled meanwhile, or two workers died while it ran."""
        code = self.ends[-1].get("code")
        return code == "INTERRUPTED" or (code == "WORKER_LOST" and self.starts > 1)


def stored_calls(events: Sequence[Stored]) -> dict[str, StoredCall]:
    """Return the calls of a run, by id."""
    calls: dict[str, StoredCall] = {}
    for event in events:
        body = event.body
        match body["type"]:
            case "tool_call":
                calls[body["call_id"]] = StoredCall(body["call_id"], body["tool"], body["params"])
            case "tool_started":
                calls[body["call_id"]].starts += 1
            case "consent_required" if body["kind"] == "outcome":
                calls[body["call_id"]].questions += 1
            case "consent_answered" if body["status"] in {"approved", "try_again"}:
                calls[body["call_id"]].approved.append(body["params"])
            case "tool_finished" | "tool_erred":
                calls[body["call_id"]].ends.append(body)
    return calls


def call_violations(
    call: StoredCall, effects: Sequence[Effect], replies: Sequence[Reply], audited: Sequence[str]
) -> list[str]:
    """Say what is wrong with a call, its effects and what humans said of it."""
    if len(call.ends) != 1:
        return [f"call {call.id} has {len(call.ends)} outcomes"]
    problems = _permission_violations(call, effects, replies) + _count_violations(call, effects)
    if call.starts and not audited:
        problems.append("it was started, and no decision is in the audit")
    return [f"call {call.id} ({call.tool} {call.params}): {problem}" for problem in problems]


def _permission_violations(
    call: StoredCall, effects: Sequence[Effect], replies: Sequence[Reply]
) -> list[str]:
    """Say whether it ran though it might not, or otherwise than it might."""
    verdict = policy_says(call.tool, call.params["mode"])
    approvals = [reply for reply in replies if reply.kind == "approval" and reply.allows]
    if verdict == "deny" or (verdict == "ask" and not approvals):
        if effects or call.starts:
            return [f"it ran, and the policy says {verdict}, and nobody said yes"]
        return []
    allowed = call.params
    for reply in approvals:
        allowed = reply.body.get("arguments") or allowed
    others = [effect.arguments for effect in effects if effect.arguments != allowed]
    return [f"it ran with {others}, and {allowed} was allowed"] if others else []


def _count_violations(call: StoredCall, effects: Sequence[Effect]) -> list[str]:
    """Say whether it took effect more often, or less, than the log admits."""
    count, outcome = len(effects), call.outcome
    may_fail = call.tool == "storm_read" and call.was_interrupted
    counts_twice = call.tool == "storm_write"  # the others may be done again as they like
    broken = {
        "it took effect more often than it was started": count > call.starts,
        "it was refused, and took effect": outcome == "refused" and count and not call.questions,
        "it failed, which it cannot": outcome == "failed" and not may_fail,
        "it has a result, and took no effect": outcome == "finished" and not count,
        "it was started again without a question": counts_twice
        and call.starts > 1 + call.questions,
        "it took effect twice without a question": counts_twice
        and count > 1
        and not call.questions,
    }
    seen = f"{outcome} after {call.starts} starts and {call.questions} questions"
    return [f"{what} ({seen}, {count} effects)" for what, is_so in broken.items() if is_so]
