"""How the bodies of events are kept."""

import json

from adapters.persistence.engine.codec import to_text
from adapters.persistence.runs.event_bodies import read_bodies, write_bodies
from domain.runs.call_events import ToolStarted
from domain.runs.event_json import to_json
from domain.runs.events import Body, Chunk, Thinking

BODIES: list[Body] = [
    Thinking("hm"),
    Chunk("a"),
    Chunk(""),
    ToolStarted("c1"),
    Chunk("\0"),
    Thinking("\ud800"),
]


def test_bodies_come_back_as_they_were() -> None:
    assert list(read_bodies(write_bodies(BODIES))) == BODIES
    assert list(read_bodies(write_bodies([]))) == []


def test_pieces_that_follow_on_each_other_are_one_item() -> None:
    assert json.loads(write_bodies(BODIES[:4])) == [
        {"type": "thinking", "pieces": ["hm"]},
        {"type": "chunk", "pieces": ["a", ""]},
        {"type": "tool_started", "call_id": "c1"},
    ]


def test_pieces_that_were_kept_one_by_one_are_read() -> None:
    assert list(read_bodies(to_text([to_json(body) for body in BODIES]))) == BODIES
