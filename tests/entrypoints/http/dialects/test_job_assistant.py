"""The job assistant's encodings of a run: text, and frames."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from domain.models.messages import StopReason
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.events import Body, Chunk, Ended, Erred, Event, Paused, Retried, StepEnded
from domain.runs.states import CallState, RunStatus
from domain.tools.tool import Effect
from entrypoints.http.dialects.job_assistant.errors import ADDRESSES, PlainError, plain_error
from entrypoints.http.dialects.job_assistant.frames import RunFrames, SocketFrames
from entrypoints.http.dialects.text_stream import DONE, TextEvents
from entrypoints.http.error_shapes import ErrorFacts, ErrorShape
from tests.domain.builders import numbered, started, step

END = Ended(RunStatus.COMPLETED, "end", 1, 2)
SEARCH = ToolIntended("c1", "search", {}, Effect.READ, "v")
LOOK = ToolIntended("c2", "look", {}, Effect.READ, "v")
NESTED = ToolIntended("c3", "look", {}, Effect.READ, "v", parent="c1")
FOUND = ToolFinished("c1", "search", [], 1.0)
LOOKED = ToolErred("c2", "look", CallState.FAILED, "CODE", "Why.", {})


def data_of(stream: bytes) -> list[str]:
    """Read a stream as the standard says: the data of each event."""
    events: list[list[str]] = [[]]
    for line in stream.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            events.append([])
        elif line.startswith("data:"):
            events[-1].append(line.removeprefix("data:").removeprefix(" "))
    return ["\n".join(lines) for lines in events if lines]


def streamed(*bodies: Body) -> bytes:
    encoder = TextEvents("a1b2c3", ErrorShape(PlainError, plain_error), DONE)
    return b"".join(encoder.server_sent([event]) for event in numbered([started(), *bodies]))


@example(["a\r", "\n", "\n", "b"])
@given(st.lists(st.text(st.sampled_from("a \r\n:[]DONE"), min_size=1) | st.just("[DONE]")))
def test_the_data_joined_is_the_text(pieces: list[str]) -> None:
    stream = streamed(*map(Chunk, pieces), END)

    *data, last = data_of(stream)

    assert last == "[DONE]"
    assert "".join(data) == "".join(pieces).replace("\r\n", "\n").replace("\r", "\n")
    assert stream.count(b"data: [DONE]") == 1


def test_half_a_pair_cannot_stop_a_stream() -> None:
    assert data_of(streamed(Chunk("a\ud800b"), END)) == ["a?b", "[DONE]"]


def test_text_that_is_withdrawn_is_parted_from_what_follows() -> None:
    bodies: list[Body] = [
        Chunk("One "),
        Chunk("tw"),
        Retried(1, 1),
        Retried(1, 4),
        Chunk("Two."),
        END,
    ]

    assert data_of(streamed(*bodies)) == ["One ", "tw", "\n\n", "Two.", "[DONE]"]


def test_what_was_not_withdrawn_stays_joined() -> None:
    bodies: list[Body] = [Chunk("One."), step(), Retried(1, 3), Chunk("Two."), END]

    assert data_of(streamed(*bodies)) == ["One.", "Two.", "[DONE]"]


def test_a_stream_that_waits_is_done() -> None:
    assert data_of(streamed(Chunk("One."), Paused(1, 2))) == ["One.", "[DONE]"]


def test_a_stream_that_fails_says_so_and_is_not_done() -> None:
    failed = Ended(RunStatus.FAILED, "failed", 1, 2)
    stream = streamed(Chunk("One."), Erred("UPSTREAM_ERROR", "No.", {}), failed)

    one, event = stream.strip().split(b"\n\n")

    assert one == b"data: One."
    name, data = event.split(b"\n")
    assert name == b"event: error"
    assert json.loads(data.removeprefix(b"data: ")) == {
        "error": "upstream_error",
        "message": "No.",
        "detail": None,
        "request_id": "a1b2c3",
    }


def frames_of(
    bodies: Sequence[Body], socket: SocketFrames, conversation_id: str = "c"
) -> list[dict[str, Any]]:
    """Return the frames of a run that begins with its start."""
    encoder = RunFrames(socket)
    events = numbered([started(conversation_id=conversation_id), *bodies])
    return [json.loads(frame) for frame in encoder.frames(events)]


def kinds(frames: Sequence[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


def test_calls_of_one_answer_come_together_and_so_do_their_results() -> None:
    calls = StepEnded(StopReason.TOOL_CALLS, 1, 2, 0)
    nested = ToolFinished("c3", "look", 1, 1.0)
    frames = frames_of([SEARCH, LOOK, calls, NESTED, LOOKED, nested, FOUND, END], SocketFrames())

    assert kinds(frames) == ["conversation_id", "tool_calls", "results", "done"]
    assert [each["id"] for each in frames[1]["tool_calls"]] == ["c1", "c2"]
    assert frames[2]["results"] == [
        {"id": "c2", "tool": "look", "error": LOOKED.problem.to_json()},
        {"id": "c1", "tool": "search", "result": []},
    ]


def test_calls_that_are_withdrawn_are_not_sent() -> None:
    calls = StepEnded(StopReason.TOOL_CALLS, 1, 2, 0)
    frames = frames_of([SEARCH, Retried(1, 1), LOOK, calls, LOOKED, END], SocketFrames())

    assert [each["id"] for each in frames[1]["tool_calls"]] == ["c2"]
    assert kinds(frames)[2:] == ["results", "done"]


def test_results_do_not_wait_for_a_human() -> None:
    calls = StepEnded(StopReason.TOOL_CALLS, 1, 2, 0)
    frames = frames_of([SEARCH, LOOK, calls, LOOKED, Paused(1, 2), FOUND, END], SocketFrames())

    assert kinds(frames)[1:] == ["tool_calls", "results", "done", "results", "done"]


def test_frames_of_two_conversations_say_whose_they_are() -> None:
    socket = SocketFrames()
    first, second = RunFrames(socket), RunFrames(socket)
    sent = []
    for encoder, conversation_id, body in (
        (first, "a", None),
        (first, "a", Chunk("1")),
        (second, "b", None),
        (first, "a", Chunk("2")),
        (first, "a", Chunk("3")),
        (second, "b", Chunk("4")),
    ):
        event = Event(1, 1, body or started(conversation_id=conversation_id))
        sent += [json.loads(frame) for frame in encoder.frames([event])]

    assert [frame.get("conversation_id") or frame["content"] for frame in sent] == [
        *("a", "1", "b", "a", "2", "3", "b", "4")
    ]


def test_details_are_words() -> None:
    fields = [{"path": "message", "message": "It is missing."}, {"path": "", "message": "No."}]
    facts = ErrorFacts("CONFLICT", "Why.", {"fields": fields, "run_id": "r"}, "a1")

    assert plain_error(facts)["detail"] == "message: It is missing.; body: No.; run_id: r"


def test_only_its_own_addresses_have_its_errors() -> None:
    own = ("message", "consent", "conversations", "conversations/1")
    assert all(ADDRESSES.fullmatch(f"/api/chat/{each}") for each in own)
    assert ADDRESSES.fullmatch("/ws/chat")
    for other in ("/api/chat", "/api/chat/1/history", "/ws/chat/1", "/api/chat/conversations/1/2"):
        assert not ADDRESSES.fullmatch(other)
