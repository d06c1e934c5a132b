"""What clients are told of a run, and what they are not."""

from typing import Any

import orjson
import pytest

from domain.models.messages import StopReason
from domain.runs.answer import answer_of
from domain.runs.events import Ended, Event, Paused, StepEnded
from domain.runs.states import RunStatus
from entrypoints.encoding import EventEncoder
from entrypoints.http.streaming.sse import chat_answer
from tests.domain.builders import RUN, numbered, run_of, said, started

SIGNED = StepEnded(
    StopReason.END, 5, 7, 2, provider="p", model="m", cost_usd=0.25, memento="c2lnbmVk"
)


def test_a_memento_is_the_providers_business() -> None:
    encoder = EventEncoder(RUN)
    run = run_of(*said("hi"), SIGNED)
    events = numbered([started(), SIGNED])
    written = [
        encoder.server_sent(events),
        b"".join(encoder.frames(events)),
        orjson.dumps(chat_answer(answer_of(run, events, is_waiting=False))),
    ]
    assert written[0]
    assert all(SIGNED.memento.encode() not in text for text in written)


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (Ended(RunStatus.COMPLETED, "end", 5, 7), {}),
        (Ended(RunStatus.COMPLETED, "end", 5, 7, cached_tokens=2), {"cached_tokens": 2}),
        (Ended(RunStatus.COMPLETED, "end", 5, 7, cost_usd=0.0), {"cost_usd": 0.0}),
        (Ended(RunStatus.COMPLETED, "end", 5, 7, cost_usd=0.1 + 0.2), {"cost_usd": 0.3}),
        (Ended(RunStatus.COMPLETED, "end", 5, 7, cost_usd=1.23456e-05), {"cost_usd": 1.23456e-05}),
        (Paused(5, 7, 2, 0.25), {"cached_tokens": 2, "cost_usd": 0.25}),
    ],
)
def test_the_end_says_what_was_used(body: Ended | Paused, usage: dict[str, Any]) -> None:
    told = EventEncoder(RUN).encode(Event(9, 1, body))
    assert told is not None
    counts = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}
    assert told["usage"] == counts | usage


def test_one_answer_says_what_was_used() -> None:
    told = chat_answer(answer_of(run_of(*said("hi"), SIGNED), [], is_waiting=False))
    assert told["usage"] == {
        "input_tokens": 5,
        "output_tokens": 7,
        "total_tokens": 12,
        "cached_tokens": 2,
        "cost_usd": 0.25,
    }
