"""Whatever a run tells and wherever the line is cut: each event comes once, and the text is right.

The pauses between tries are kept, not waited for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from agent_client._core import Call, Core, Options
from agent_client._faces import run
from agent_client._login import Token
from agent_client._runs import RunFollowing
from agent_client._transport import BlockingTransport
from agent_client.records import Run
from tests.clients.wire import MOMENT, URL, Wire, answer, event, refusal, stream

Told = list[tuple[str, dict[str, Any]]]
REFUSED, DOWN = -1, -2  # in the place of a number of bytes


class Impatient(BlockingTransport):
    """A transport that keeps the pauses in ``slept``, and makes none."""

    def __init__(self, serve: Any) -> None:
        super().__init__(httpx2.Client(transport=httpx2.MockTransport(serve)))
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def core(transport: Impatient, **options: Any) -> Core:
    return Core(transport, URL, Token("key"), Options(**options))


@dataclass
class Service:
    """Tells a run from any of its cursors on; ``cuts`` say after how many bytes, or how not."""

    told: Told
    cuts: list[int] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        after = request.headers.get("Last-Event-ID")
        assert (request.method == "POST") == (after is None)
        known = [cursor for cursor, _ in self.told]
        rest = self.told if after is None else self.told[known.index(after) + 1 :]
        body = b"".join(event(cursor, **data) for cursor, data in rest)
        cut = self.cuts.pop(0) if self.cuts else len(body)
        if cut == DOWN:
            raise httpx2.ConnectError("down")
        if cut == REFUSED:
            return refusal(503, "UNAVAILABLE", Retry_After="3")
        return stream(body[:cut], cut=bool(cut % 2))


@st.composite
def runs(draw: st.DrawFn) -> Told:
    """Give the events of a run, whose retries withdraw what comes after one that still stands."""
    told: Told = [("c-1", {"kind": "run", "run_id": "r"})]
    standing = ["c-1"]
    for number in range(2, draw(st.integers(2, 14))):
        cursor = f"c-{number}"
        match draw(st.sampled_from(["chunk", "chunk", "thinking", "new", "retry"])):
            case "retry":
                after = draw(st.sampled_from(standing))
                del standing[standing.index(after) + 1 :]
                told.append((cursor, {"kind": "retry", "after": after}))
            case kind:
                told.append((cursor, {"kind": kind, "content": draw(st.text(max_size=9))}))
        standing.append(cursor)
    told.append(("c-end", {"kind": "done", "status": "completed"}))
    return told


def text_of(told: Told) -> str:
    """Return the text as the reference says: without what each retry withdraws."""
    standing: list[tuple[str, str]] = []
    for cursor, data in told:
        if data["kind"] == "retry":
            known = [each for each, _ in standing]
            del standing[known.index(data["after"]) + 1 :]
        standing.append((cursor, data["content"] if data["kind"] == "chunk" else ""))
    return "".join(text for _, text in standing)


def followed(told: Told, cuts: Sequence[int]) -> tuple[list[Any], RunFollowing]:
    transport = Impatient(Service(told, list(cuts)))
    following = RunFollowing(core(transport, max_retries=99), Call("POST", "/api/chat", body={}))
    seen = []
    while (found := run(following.next())) is not None:
        seen.append(found)
    return seen, following


@given(runs(), st.lists(st.integers(DOWN, 400), max_size=12))
def test_each_event_comes_once_and_the_text_is_right(told: Told, cuts: list[int]) -> None:
    seen, following = followed(told, cuts)
    assert [each.cursor for each in seen] == [cursor for cursor, _ in told]
    assert [each.type for each in seen] == [data["kind"] for _, data in told]
    assert following.transcript.text == text_of(told)


def test_a_cut_after_any_byte_loses_nothing() -> None:
    told: Told = [
        ("c-1", {"kind": "run", "run_id": "r"}),
        ("c-2", {"kind": "chunk", "content": "é\n"}),
        ("c-3", {"kind": "done", "status": "completed"}),
    ]
    whole = len(b"".join(event(cursor, **data) for cursor, data in told))
    for cut in range(whole):
        seen, following = followed(told, [cut])
        assert json.dumps([each.cursor for each in seen]) == '["c-1", "c-2", "c-3"]', cut
        assert following.transcript.text == "é\n"


def test_pauses_grow_and_are_those_that_the_service_asks_for() -> None:
    done = answer({"id": "r", "status": "completed", "created_at": MOMENT})
    down = [httpx2.ConnectError("down")] * 8
    transport = Impatient(Wire(*down, refusal(429, "RATE_LIMITED", Retry_After="7"), done))
    run(core(transport, max_retries=9).get(Call("GET", "/api/runs/r"), Run))
    *growing, asked = transport.slept
    assert asked == 7
    for number, pause in enumerate(growing):
        longest = min(8, 0.25 * 2**number)
        assert longest / 2 <= pause <= longest
