"""What must hold of webhooks after a kill storm: what happened was told, in order, nothing else."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from storm_receiver import Taken
from storm_rows import Rows, Stored


class Told(NamedTuple):
    """An event of a run as a delivery names it."""

    run_id: str
    cursor: str
    type: str


def webhook_violations(rows: Rows, taken: Sequence[Taken]) -> Iterator[str]:
    """Yield what was lost, told though it did not happen, told as two, or told out of order."""
    due = {each: place for run_id in rows.runs for place, each in enumerate(_due(rows, run_id))}
    ids: dict[Told, set[str]] = defaultdict(set)
    heard: dict[str, list[Told]] = defaultdict(list)  # by run, each when it was first accepted
    for each in taken:
        data = each.payload["data"]
        told = Told(data["run_id"], data["cursor"], each.payload["type"])
        if not ids[told]:
            heard[told.run_id].append(told)
        ids[told].add(each.id)
    yield from (f"a webhook was never told {each}" for each in due if each not in ids)
    yield from (f"a webhook was told what is not stored: {each}" for each in ids if each not in due)
    yield from (f"{each} was told as {names}" for each, names in ids.items() if len(names) > 1)
    for run_id, told_of in heard.items():
        places = [due[each] for each in told_of if each in due]
        if places != sorted(places):
            yield f"a webhook was told of run {run_id} out of order: {told_of}"


def _due(rows: Rows, run_id: str) -> Iterator[Told]:
    """Yield what is to be told of a run, in its order."""
    begun: set[str] = set()
    for event in rows.events(run_id):
        if event.body["type"] == "tool_started":
            begun.add(event.body["call_id"])
        if (type_ := _type_of(event, begun, rows, run_id)) is not None:
            yield Told(run_id, f"{run_id[-12:]}-{event.attempt}-{event.number}", type_)


def _type_of(event: Stored, begun: set[str], rows: Rows, run_id: str) -> str | None:
    match event.body["type"]:
        case "run" if run_id in rows.first_runs:
            return "conversation.created"
        case "tool_finished" | "tool_erred" if event.body["call_id"] in begun:
            return "tool.executed"
        case "consent_required":
            return "consent.required"
        case "done" if event.body["status"] != "cancelled":
            return f"run.{event.body['status']}"
    return None
