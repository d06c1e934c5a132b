"""Streams: cuts, withdrawn text, unknown events, consents; before answers written beforehand."""

from typing import Any

import httpx2
import pytest

from agent_client import (
    AgentClientError,
    APIConnectionError,
    Chunk,
    ConsentReply,
    ConsentRequest,
    Done,
    GoneError,
    RunFailedError,
    ServerError,
    UnexpectedAnswerError,
    UnknownEvent,
)
from tests.clients.wire import (
    MOMENT,
    Make,
    Pieces,
    Wire,
    all_of,
    answer,
    blocking,
    event,
    first_of,
    refusal,
    settled,
    stream,
)

RUN = event("1", "run", run_id="r", conversation_id="c", message_id="m")
ASKED = {"id": "q", "call_id": "call", "tool": "t", "params": {"x": 1}, "schema": {"a": 1}}
ASKS = (
    event("2", "tool_call", id="call", tool="t", params={"x": 1}),
    event("3", "consent_required", consent_request=ASKED),
    event("3", "done", status="waiting_consent"),
)
GOES_ON = (
    event("4", "tool_result", id="call", tool="t", result=1),
    event("5", "message", message_id="m", content=""),
    event("6", "done", status="completed", usage={"total_tokens": 3}),
)
ANSWERED = {"consent_request_id": "q", "status": "approved", "consent_token": "d", "message": ""}
WAITING = ASKED | {"run_id": "r", "status": "waiting", "created_at": MOMENT}


def chunk(cursor: str, text: str) -> bytes:
    return event(cursor, "chunk", content=text)


def end(cursor: str, text: str) -> tuple[bytes, bytes]:
    return (
        event(cursor, "message", message_id="m", content=text),
        event(f"{cursor}0", "done", status="completed"),
    )


def text_of(events: list[Any]) -> str:
    return "".join(each.content for each in events if isinstance(each, Chunk))


async def test_a_stream_goes_on_after_what_it_had(make: Make) -> None:
    half = chunk("4", "c")[:-9]  # an event that is not whole has not come
    wire = Wire(
        stream(RUN, chunk("2", "a"), cut=True),
        stream(chunk("3", "b"), half),  # closed, without an end
        httpx2.ConnectError("down"),
        refusal(503, "UNAVAILABLE", Retry_After="0"),
        stream(b": keep-alive\n\n", chunk("4", "c"), *end("5", "abc")),
    )
    run = make(wire).chat.stream("Hello", conversation_id="c")
    with pytest.raises(AgentClientError, match="first event"):
        await settled(run.cancel())
    events = await all_of(run)
    assert text_of(events) == run.text == "abc"
    assert (run.run_id, run.conversation_id, run.cursor) == ("r", "c", "50")
    assert wire.lines == ["POST /api/chat", *["GET /api/runs/r/events"] * 4]
    assert wire.sent("Last-Event-ID") == [None, "2", "3", "3", "3"]
    assert wire.bodies()[0] == {"conversation_id": "c", "message": "Hello", "stream": True}
    assert await all_of(run) == []
    assert (await settled(run.answer())).message == "abc"


async def test_before_its_first_event_the_message_is_sent_again_with_its_key(make: Make) -> None:
    wire = Wire(httpx2.ReadError("cut"), stream(cut=True), stream(RUN, *end("2", "")))
    await all_of(make(wire).chat.stream("Hello"))
    assert wire.lines == ["POST /api/chat"] * 3
    assert len(set(wire.sent("Idempotency-Key"))) == 1


async def test_a_stream_that_never_begins_is_given_up_like_a_call(make: Make) -> None:
    wire = Wire(*[refusal(503, "UNAVAILABLE", Retry_After="0")] * 3)
    with pytest.raises(ServerError):
        await all_of(make(wire).chat.stream("Hello"))
    assert wire.left == 0


async def test_a_stream_that_stays_cut_is_given_up(make: Make) -> None:
    wire = Wire(stream(RUN, cut=True), *[httpx2.ConnectError("down")] * 99)
    with pytest.raises(APIConnectionError, match="down"):
        await all_of(make(wire, reconnect_seconds=0).chat.stream("Hello"))
    assert wire.left > 90


async def test_events_that_are_gone_are_not_asked_for_again(make: Make) -> None:
    wire = Wire(refusal(410, "GONE"))
    with pytest.raises(GoneError):
        await all_of(make(wire).runs.follow("r", "7"))
    assert wire.sent("Last-Event-ID") == ["7"]


async def test_after_the_last_event_nothing_comes(make: Make) -> None:
    assert await all_of(make(Wire(answer(status=204))).runs.follow("r", "7")) == []


async def test_something_else_at_the_address(make: Make) -> None:
    page = httpx2.Response(200, text="<h1>Welcome</h1>")
    with pytest.raises(UnexpectedAnswerError, match="stream"):
        await all_of(make(Wire(page)).chat.stream("Hello"))


async def test_text_that_is_withdrawn_is_not_in_the_text(make: Make) -> None:
    wire = Wire(
        stream(
            RUN,
            chunk("2", "a"),
            chunk("3", "wrong"),
            event("4", "retry", after="2"),
            chunk("5", "b"),
            *end("6", "ab"),
        )
    )
    run = make(wire).chat.stream("Hello")
    await all_of(run)
    assert run.text == "ab"


async def test_events_of_a_newer_service(make: Make) -> None:
    wire = Wire(
        stream(
            RUN,
            event("2", "puerto.new", run_id="r", x=1),
            event("3", "chunk", content="a", y=2),
            event("4", "chunk", content={"parts": []}),
            *end("5", "a"),
        )
    )
    _, unknown, known, changed, *_ = await all_of(make(wire).chat.stream("Hello"))
    assert unknown == UnknownEvent(
        type="puerto.new",
        cursor="2",
        run_id="r",
        data={"type": "puerto.new", "run_id": "r", "x": 1},
    )
    assert isinstance(known, Chunk)
    assert known.model_extra == {"y": 2}
    assert isinstance(changed, UnknownEvent)


async def test_the_answer_is_what_the_events_come_to(make: Make) -> None:
    wire = Wire(stream(RUN, *ASKS[:1], *GOES_ON))
    found = await settled(make(wire).chat.send(message="Hello"))
    assert (found.run_id, found.conversation_id, found.message_id) == ("r", "c", "m")
    assert (found.status, found.usage.total_tokens) == ("completed", 3)
    assert [(each.tool, each.params) for each in found.tool_calls] == [("t", {"x": 1})]
    assert [each.result for each in found.results] == [1]
    assert found.requires_consent is None


async def test_a_run_that_failed(make: Make) -> None:
    error = {"code": "STEP_LIMIT", "message": "Too long.", "details": {"steps": 3}}
    failed = event("2", "error", error=error), event("3", "done", status="failed")
    with pytest.raises(RunFailedError) as caught:
        await settled(make(Wire(stream(RUN, *failed))).chat.send("Hello"))
    assert (caught.value.code, caught.value.status) == ("STEP_LIMIT", None)
    assert caught.value.details == {"run_id": "r", "steps": 3}
    events = await all_of(make(Wire(stream(RUN, *failed))).chat.stream("Hello"))
    assert [type(each).__name__ for each in events] == ["RunStarted", "RunFailed", "Done"]


async def test_a_run_that_waits_ends_for_now_and_goes_on_once_it_is_answered(make: Make) -> None:
    wire = Wire(stream(RUN, *ASKS), answer(ANSWERED), stream(*GOES_ON))
    run = make(wire).chat.stream("Hello")
    *_, last = await all_of(run)
    assert isinstance(last, Done)
    assert last.status == "waiting_consent"
    [request] = run.consent_requests
    assert request.form == {"a": 1}
    assert (await settled(run.approve(confirm={"x": 1}))).consent_token == "d"
    assert wire.lines[1] == "POST /api/consents/q"
    assert wire.bodies()[1] == {
        "approved": True,
        "reason": "",
        "confirm": {"x": 1},
    }
    assert (await settled(run.answer())).status == "completed"
    assert wire.sent("Last-Event-ID")[-1] == "3"


async def test_what_is_answered_while_it_is_read_goes_on_at_once(make: Make) -> None:
    wire = Wire(stream(RUN, *ASKS), answer(ANSWERED), answer({"consents": []}), stream(*GOES_ON))
    run, kinds = make(wire).chat.stream("Hello"), list[str]()

    async def take(event: Any) -> None:
        kinds.append(event.type)
        if event.type == "consent_required":
            await settled(run.reject(reason="Not today."))

    if hasattr(run, "__aiter__"):
        async for each in run:
            await take(each)
    else:
        for each in run:
            await take(each)
    assert kinds[-4:] == ["consent_required", "tool_result", "message", "done"]
    assert wire.bodies()[1]["reason"] == "Not today."


async def test_a_callback_answers_what_waits(make: Make) -> None:
    asked: list[ConsentRequest] = []

    def ask(request: ConsentRequest) -> ConsentReply:
        asked.append(request)
        return ConsentReply(approved=True, values={"value": 2})

    others = [WAITING | {"id": "other", "run_id": "another run"}, WAITING]
    wire = Wire(
        stream(RUN, *ASKS),
        answer({"consents": others, "next_cursor": None}),
        answer(ANSWERED),
        stream(*GOES_ON),
    )
    found = await settled(make(wire, on_consent=ask).chat.send("Hello"))
    assert found.status == "completed"
    assert [each.id for each in asked] == ["q"]
    assert wire.bodies()[2]["values"] == {"value": 2}


async def test_a_key_of_ones_own_is_for_the_message_and_not_for_its_consents(make: Make) -> None:
    wire = Wire(
        stream(RUN, *ASKS), answer({"consents": [WAITING]}), answer(ANSWERED), stream(*GOES_ON)
    )
    client = make(wire, on_consent=lambda _: True).with_options(idempotency_key="order-7")
    await settled(client.chat.send("Hello"))
    first, _, consent, _ = wire.sent("Idempotency-Key")
    assert first == "order-7"
    assert consent not in {None, "order-7"}


async def test_a_callback_may_leave_it_waiting(make: Make) -> None:
    wire = Wire(stream(RUN, *ASKS), answer({"consents": [WAITING]}))
    found = await settled(make(wire, on_consent=lambda _: None).chat.send("Hello"))
    assert found.status == "waiting_consent"
    assert found.requires_consent.id == "q"
    assert found.cursor == "3"


async def test_a_tool_that_waits_is_followed_where_somebody_answers(make: Make) -> None:
    waits = answer(
        {"status": "waiting_consent", "run_id": "r", "consent_request": ASKED}, status=202
    )
    found = await settled(make(Wire(waits)).tools.execute("t", x=1))
    assert (found.status, found.tool, found.consent_request.id) == ("waiting_consent", "t", "q")

    def wire(*rest: bytes) -> Wire:
        return Wire(
            waits,
            stream(RUN, *ASKS),
            answer({"consents": [WAITING]}),
            answer(ANSWERED),
            stream(*rest),
        )

    def yes(_request: ConsentRequest) -> bool:
        return True

    client = make(wire(*GOES_ON), on_consent=yes)
    assert (await settled(client.tools.execute("t", x=1))).result == 1
    error = {"code": "TOOL_FAILED", "message": "Nothing doing", "details": {}}
    failed = event("4", "tool_result", id="call", tool="t", error=error)
    client = make(wire(failed, *GOES_ON[1:]), on_consent=yes)
    with pytest.raises(RunFailedError, match="Nothing doing"):
        await settled(client.tools.execute("t", x=1))


async def test_of_several_requests_one_must_be_named(make: Make) -> None:
    other = ASKED | {"id": "q2", "call_id": "call2"}
    asks = RUN, ASKS[1], event("4", "consent_required", consent_request=other), ASKS[2]
    wire = Wire(stream(*asks), answer(ANSWERED))
    run = make(wire).chat.stream("Hello")
    await all_of(run)
    with pytest.raises(ValueError, match="2 things"):
        await settled(run.approve())
    await settled(run.approve(run.consent_requests[1]))
    assert wire.lines[1] == "POST /api/consents/q2"
    assert [each.id for each in run.consent_requests] == ["q"]


async def test_a_conversation_is_followed_without_an_end(make: Make) -> None:
    first = event("1", "run", run_id="r"), event("2", "done", run_id="r", status="completed")
    wire = Wire(stream(*first), stream(event("9", "run", run_id="r2")))
    events = await first_of(make(wire).conversations.follow("c", after="0"), 3)
    assert [(each.type, each.run_id) for each in events] == [
        ("run", "r"),
        ("done", "r"),
        ("run", "r2"),
    ]
    assert wire.sent("Last-Event-ID") == ["0", "2"]


def test_a_loop_that_is_left_closes_the_connection_and_another_goes_on() -> None:
    body = Pieces([RUN, chunk("2", "a"), chunk("3", "b")], cut=False)
    first = httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, stream=body)
    wire = Wire(first, stream(chunk("3", "b"), *end("4", "ab")))
    run = blocking(wire).chat.stream("Hello")
    for each in run:
        if isinstance(each, Chunk):
            break
    assert body.is_closed
    assert [each.type for each in run] == ["chunk", "message", "done"]
    assert run.text == "ab"
    assert wire.sent("Last-Event-ID") == [None, "2"]
