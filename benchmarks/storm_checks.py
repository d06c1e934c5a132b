"""What must hold after a kill storm: the promises, each compared with what can be seen of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from storm_calls import Effect, StoredCall, call_violations, stored_calls
from storm_plan import Message, Plan
from storm_rows import Rows, Stored

UNSEEN: Final = frozenset(  # no business of clients
    {"step", "tool_started", "consent_answered", "released", "resumed"}
)
PIECES: Final = frozenset({"chunk", "thinking"})
FINAL: Final = frozenset({"completed", "failed", "cancelled"})


@dataclass(slots=True)
class Findings:
    """How much there was, and every promise that was broken, in words."""

    messages: int
    effects: int
    kills: int = 0
    violations: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def check(rows: Rows, messages: Sequence[Message], effects: Path) -> Findings:
    """Compare the database, the ears of the clients and the effects of the tools."""
    kept = _effects(effects)
    accepted = {message.run_id: message for message in messages if message.run_id is not None}
    found = Findings(len(accepted), sum(map(len, kept.values())))
    tell = found.violations
    for message in messages:
        tell += [f"{message.name}: {complaint}" for complaint in message.complaints]
        if message.status not in FINAL:
            tell.append(f"{message.name}: never told how it ended (run {message.run_id})")
    for run_id in rows.runs.keys() ^ accepted.keys():
        tell.append(f"run {run_id} is known to one side alone")
    calls: dict[str, StoredCall] = {}
    for run_id, message in accepted.items():
        if run_id in rows.runs:
            stored = rows.events(run_id)
            calls |= stored_calls(stored)
            problems = _run_violations(run_id, message, stored, rows)
            tell += [f"{message.name} (run {run_id}): {problem}" for problem in problems]
    for call_id in kept.keys() - calls.keys():
        tell.append(f"call {call_id} took effect, and nobody intended it: {kept[call_id]}")
    replies = [reply for message in messages for reply in message.replies.values()]
    for call in calls.values():
        own = [reply for reply in replies if reply.call_id == call.id]
        tell += call_violations(call, kept.get(call.id, []), own, rows.audited.get(call.id, []))
    found.figures = _figures(rows, messages, calls)
    return found


def _effects(file: Path) -> Mapping[str, list[Effect]]:
    kept: dict[str, list[Effect]] = defaultdict(list)
    for line in file.read_text().splitlines() if file.exists() else ():
        effect = Effect(**json.loads(line))
        kept[effect.call].append(effect)
    return kept


def _run_violations(
    run_id: str, message: Message, stored: Sequence[Stored], rows: Rows
) -> list[str]:
    problems = _log_violations(stored) + _ear_violations(run_id, message, stored)
    status = rows.runs[run_id]["status"]
    if status not in FINAL or rows.runs[run_id]["finished_at"] is None:
        return [*problems, f"is left {status}"]
    last = stored[-1].body
    if (last["type"], last.get("status")) != ("done", status):
        problems.append(f"is {status}, and its last event is {last}")
    if message.status != status:
        problems.append(f"is {status}, and the client heard {message.status}")
    if status == "cancelled" and not message.cancelled:
        problems.append("was cancelled by nobody")
    if status == "failed":
        error = [event.body for event in stored if event.body["type"] == "error"]
        problems.append(f"failed: {error}")
    if status == "completed" and message.path != "/api/tools/execute":
        problems += _plan_violations(message, stored)
    return problems + _text_violations(run_id, message, stored, rows)


def _log_violations(stored: Sequence[Stored]) -> list[str]:
    numbers = [event.number for event in stored]
    if numbers != list(range(1, len(numbers) + 1)):
        return [f"its events have the numbers {numbers}"]
    attempts = [event.attempt for event in stored]
    return [] if attempts == sorted(attempts) else [f"its attempts are out of order: {attempts}"]


def _ear_violations(run_id: str, message: Message, stored: Sequence[Stored]) -> list[str]:
    """Say whether the client heard each event once, and beside them but withdrawn pieces."""
    problems = []
    heard = [(cursor, event) for cursor, event in message.events if not _is_pause(event)]
    twice = [cursor for cursor, count in Counter(c for c, _ in heard).items() if count > 1]
    if twice:
        problems.append(f"the client was told twice: {twice}")
    due = [_cursor(run_id, event) for event in stored if _is_for_clients(event.body)]
    ears = [cursor for cursor, _ in heard]
    if missing := [cursor for cursor in due if cursor not in set(ears)]:
        problems.append(f"the client was never told {missing}; it heard {ears}")
    elif [cursor for cursor in ears if cursor in set(due)] != due:
        problems.append("the client was told out of order")
    strange = [(c, e) for c, e in heard if c not in set(due) and e["type"] not in PIECES]
    if strange:
        problems.append(f"the client was told what is not stored: {strange}")
    return problems


def _is_pause(event: Mapping[str, Any]) -> bool:
    return (event["type"], event.get("status")) == ("done", "waiting_consent")


def _is_for_clients(body: Mapping[str, Any]) -> bool:
    is_of_a_call = body.get("message_id") == "" and body["type"] == "message"  # it has no answer
    return not (is_of_a_call or body["type"] in UNSEEN)


def _cursor(run_id: str, event: Stored) -> str:
    return f"{run_id[-12:]}-{event.attempt}-{event.number}"


def _text_violations(
    run_id: str, message: Message, stored: Sequence[Stored], rows: Rows
) -> list[str]:
    """Say whether what was heard, what is in the log and what is kept are the same text."""
    problems = []
    heard = joined(message.events)
    if heard is None:
        return ["a retry names a cursor that the client never saw"]
    kept = rows.answers.get(run_id, [])
    if len(kept) > 1:
        problems.append(f"has {len(kept)} answers in the conversation")
    texts = [heard, *kept]
    texts += [event.body["content"] for event in stored if event.body["type"] == "message"]
    if message.told is not None:
        texts.append(message.told)
    if message.path != "/api/tools/execute" and len(set(texts)) > 1:
        problems.append(f"its texts differ: {texts}")
    return problems


def joined(events: Sequence[tuple[str, Mapping[str, Any]]]) -> str | None:
    """Return the text that a client has who does as the reference says; None: it cannot."""
    standing: list[tuple[str, str]] = []  # each event's cursor, and its text
    for cursor, event in events:
        if event["type"] == "retry":
            places = [place for place, (known, _) in enumerate(standing) if known == event["after"]]
            if not places:
                return None
            del standing[places[-1] + 1 :]
        standing.append((cursor, event["content"] if event["type"] == "chunk" else ""))
    return "".join(text for _, text in standing)


def _plan_violations(message: Message, stored: Sequence[Stored]) -> list[str]:
    """Say whether the model's calls are in the log, each once."""
    plan = Plan.read(message.body["message"])
    keys = sorted(call.arguments["key"] for step in plan.steps for call in step)
    logged = [e.body["params"]["key"] for e in stored if e.body["type"] == "tool_call"]
    return [] if keys == sorted(logged) else [f"asked for {keys}, intended were {sorted(logged)}"]


def _figures(
    rows: Rows, messages: Sequence[Message], calls: Mapping[str, StoredCall]
) -> dict[str, Any]:
    statuses = Counter(str(row["status"]) for row in rows.runs.values())
    asked = Counter(str(row["kind"]) for row in rows.consents.values())
    retries = sum(event["type"] == "retry" for m in messages for _, event in m.events)
    takeovers = sum(max(e.attempt for e in rows.events(run_id)) - 1 for run_id in rows.runs)
    return {
        **dict(statuses),
        "calls": len(calls),
        "approvals asked": asked["approval"],
        "outcomes asked": asked["outcome"],
        "takeovers": takeovers,
        "retries heard": retries,
    }
