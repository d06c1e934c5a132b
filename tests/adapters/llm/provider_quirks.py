"""What servers and proxies are seen to send beside their protocol, through every dialect.

Each test plays the same oddity in the dialect's own events (`tests.adapters.llm.voices`) through
the provider's SDK against its wire server. A provider's test class names its ``voice``.
"""

import json
import logging
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from domain.execution.tool_calls import read_arguments
from domain.models.messages import (
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    TextWasReasoning,
    ToolRequest,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.shared.errors import InvalidArguments, ProviderError, ProviderReason
from domain.tools.tool import ToolSpec
from tests.adapters.llm.quirk_forms import (
    ARGUMENTS,
    DONE,
    ERRORS,
    HIGH,
    LOW,
    NOTES,
    PLAINLY,
    REFUSALS,
)
from tests.adapters.llm.voices import Event, Voice, sse
from tests.adapters.llm.wire.server import Cut, Drop, Pause, Reply, Reset, Step, WireServer


class ProviderQuirks:
    """The oddities; mixed into a `ProviderContract`, whose fixtures it uses."""

    voice: ClassVar[Voice]

    async def _hear(self, wire: WireServer, model: ChatModel, *steps: Step) -> list[Piece]:
        wire.play("odd", steps)
        return await _answer(model)

    async def _fail(
        self, wire: WireServer, model: ChatModel, *steps: Step
    ) -> tuple[list[Piece], ProviderError]:
        wire.play("odd", steps)
        pieces: list[Piece] = []
        try:
            async for piece in model.stream(ModelRequest("odd", [UserTurn("Hello.")])):
                pieces.append(piece)  # noqa: PERF401 - what came before the error is kept
        except ProviderError as error:
            return pieces, error
        pytest.fail(f"no error: {pieces}")

    def _events(self, *events: Event) -> list[Step]:
        return [sse(each) for each in (*self.voice.begin(), *events)]

    # --- what is passed over

    @pytest.mark.parametrize("note", NOTES)
    async def test_passes_over_notes(self, wire: WireServer, model: ChatModel, note: str) -> None:
        steps = self.voice.said("Col", "our", " is red")
        noted = [part for step in steps for part in (NOTES[note], step)]
        assert _said(await self._hear(wire, model, *noted)) == "Colour is red"

    @pytest.mark.parametrize("wanted", [True, False])
    async def test_the_mark_that_nothing_follows_ends_any_stream(
        self, wire: WireServer, model: ChatModel, *, wanted: bool
    ) -> None:
        """Also where no reason to stop came: the mark says that the text is whole."""
        events = [*map(self.voice.text, ("Hel", "lo")), *(self.voice.end() if wanted else [])]
        pieces = await self._hear(wire, model, *self._events(*events), DONE)
        assert _said(pieces) == "Hello"
        assert _stop(pieces) is StopReason.END

    async def test_the_last_event_needs_no_empty_line(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        *first, last = self.voice.said("Hello")
        pieces = await self._hear(wire, model, *first, last.rstrip(b"\n"), Cut())
        assert _said(pieces) == "Hello"

    async def test_events_need_no_empty_lines_between_them(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        steps = [each.rstrip(b"\n") + b"\n" for each in (*self.voice.said("Hel", "lo"), DONE)]
        assert _said(await self._hear(wire, model, *steps)) == "Hello"

    async def test_an_event_that_is_nested_too_deep_is_no_answer(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        deep = b"data: " + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"\n\n"
        _, error = await self._fail(wire, model, deep, *self.voice.said("Hello"))
        assert error.reason is ProviderReason.MALFORMED

    # --- characters

    @pytest.mark.parametrize("between", [b"", b": beat\n\n", b"event: ping\ndata: {}\n\n"])
    async def test_puts_halves_of_characters_together(
        self, wire: WireServer, model: ChatModel, between: bytes
    ) -> None:
        events = self._events(self.voice.text(f"a{HIGH}"), self.voice.text(f"{LOW}b"))
        first = [*events[:-1], *([between] if between else []), events[-1]]
        pieces = await self._hear(wire, model, *first, *map(sse, self.voice.end()))
        assert _said(pieces) == "a😀b"

    async def test_puts_halves_of_thoughts_together(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        events = [self.voice.thought(HIGH), self.voice.thought(LOW), self.voice.text("Hi")]
        pieces = await self._hear(wire, model, *self._events(*events, *self.voice.end()))
        assert _thought(pieces) == "😀"
        assert _said(pieces) == "Hi"

    @pytest.mark.parametrize(
        ("cut", "shown"),
        [
            ([b"a\xc3", b"\xa9b"], "aéb"),
            ([b"a\xe2\x82", b"\xacb"], "a€b"),
            ([b"a\xf0\x9f", b"\x98\x80b"], "a😀b"),
            ([b"\xf0", b"\x9f", b"\x98", b"\x80"], "😀"),
            ([b"\xf0\x9f\x92", b"\x80\xc3", b"\xa9"], "💀é"),
            ([b"a\xf0\x9f", b"b"], "a\ufffdb"),
            ([b"a\xf0\x9f"], "a\ufffd"),
            ([b"\xa9a\xff", b"b"], "\ufffda\ufffdb"),
        ],
    )
    @pytest.mark.parametrize("between", [b"", b": beat\n\n", b"event: ping\ndata: {}\n\n"])
    async def test_puts_the_bytes_of_characters_together(
        self, wire: WireServer, model: ChatModel, cut: list[bytes], shown: str, between: bytes
    ) -> None:
        texts = [(sse(self.voice.text("CUT")).replace(b"CUT", part), between) for part in cut]
        steps = [step for each in texts for step in each if step]
        pieces = await self._hear(wire, model, *self._events(), *steps, *map(sse, self.voice.end()))
        assert _said(pieces) == shown

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ([f"a{HIGH}b"], "a\ufffdb"),
            ([f"a{HIGH}", "b"], "a\ufffdb"),
            ([f"a{HIGH}"], "a\ufffd"),
            ([LOW, "b"], "\ufffdb"),
            ([f"a{HIGH}", f"{HIGH}", f"{LOW}b"], "a\ufffd😀b"),
        ],
    )
    async def test_what_cannot_be_kept_is_not_shown(
        self, wire: WireServer, model: ChatModel, sent: Sequence[str], shown: str
    ) -> None:
        assert _said(await self._hear(wire, model, *self.voice.said(*sent))) == shown

    async def test_puts_halves_in_arguments_together(
        self, wire: WireServer, model: ChatModel, add: ToolSpec
    ) -> None:
        self._need_calls()
        call = self.voice.call("add", '{"a": "', HIGH, LOW, '"}')
        wire.play("odd", self._events(*call, *self.voice.end()))
        assert _calls(await _answer(model, add)) == [("add", {"a": "😀"})]

    # --- ends

    @pytest.mark.parametrize("kind", ["end", "length", "refusal"])
    async def test_knows_the_words_for_an_end(
        self, wire: WireServer, model: ChatModel, kind: str
    ) -> None:
        for word in self.voice.words[kind]:
            events = [self.voice.text("Half"), *self.voice.end(word)]
            pieces = await self._hear(wire, model, *self._events(*events))
            assert (word, _said(pieces), _stop(pieces)) == (word, "Half", kind)

    async def test_a_failure_that_only_the_end_tells_is_one(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        for word in self.voice.words["failed"]:
            events = [self.voice.text("Half"), *self.voice.end(word)]
            pieces, error = await self._fail(wire, model, *self._events(*events))
            assert _said(pieces) == "Half"
            assert error.reason is ProviderReason.OVERLOADED, word

    async def test_an_end_that_nobody_knows_is_one_and_logged(
        self, wire: WireServer, model: ChatModel, caplog: pytest.LogCaptureFixture
    ) -> None:
        events = [self.voice.text("Hello"), *self.voice.end("bored")]
        pieces = await self._hear(wire, model, *self._events(*events))
        assert (_said(pieces), _stop(pieces)) == ("Hello", StopReason.END)
        assert "bored" in caplog.text

    @pytest.mark.parametrize("text", [None, "", "\n"])
    async def test_nothing_at_all_is_no_answer(
        self, wire: WireServer, model: ChatModel, text: str | None
    ) -> None:
        events = [] if text is None else [self.voice.text(text)]
        for steps in (self._events(*events, *self.voice.end()), [*self._events(*events), DONE]):
            _, error = await self._fail(wire, model, *steps)
            assert error.reason is ProviderReason.MALFORMED
            assert "nothing at all" in error.message

    # --- wrappings

    @pytest.mark.parametrize("wrapping", ["object", "pretty", "event", "list", "lines"])
    async def test_takes_an_answer_that_is_no_stream(
        self, wire: WireServer, model: ChatModel, wrapping: str
    ) -> None:
        whole = self.voice.whole("Hello 😀")
        events = [*self.voice.begin(), self.voice.text("Hello 😀"), *self.voice.end()]
        steps: dict[str, Step] = {
            "object": Reply(200, whole),
            "pretty": json.dumps(whole, indent=2).encode(),
            "event": sse(whole),
            "list": Reply(200, [whole]),
            "lines": b"".join(json.dumps(each).encode() + b"\n" for each in events),
        }
        pieces = await self._hear(wire, model, steps[wrapping])
        assert (_said(pieces), _stop(pieces)) == ("Hello 😀", StopReason.END)

    @pytest.mark.parametrize("end", [Drop(), Reset(), Cut()])
    async def test_an_answer_that_is_finished_is_whole_whatever_follows(
        self, wire: WireServer, model: ChatModel, end: Step
    ) -> None:
        steps = self.voice.said("Hello")
        pieces = await self._hear(wire, model, *steps, Pause(0.05), end)
        assert (_said(pieces), _stop(pieces)) == ("Hello", StopReason.END)

    async def test_tells_a_web_page_in_any_disguise(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        _, error = await self._fail(wire, model, b"\n<!doctype html><h1>It works!</h1>")
        assert error.reason is ProviderReason.MALFORMED
        assert "base URL" in error.message

    async def test_a_closing_think_tag_makes_reasoning_of_what_came(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        sent = ["The user ", "greets me.\n</th", "ink>\n\nHel", "lo"]
        pieces = await self._hear(wire, model, *self.voice.said(*sent))
        at = pieces.index(TextWasReasoning())
        assert _said(pieces[:at]) == "The user greets me.\n"
        assert _said(pieces[at:]) == "Hello"

    # --- calls

    @pytest.mark.parametrize("form", ARGUMENTS)
    async def test_reads_arguments_in_every_form(
        self, wire: WireServer, model: ChatModel, add: ToolSpec, form: str
    ) -> None:
        self._need_calls()
        sent, meant = ARGUMENTS[form]
        wire.play("odd", self._events(*self.voice.call("add", sent), *self.voice.end()))
        pieces = await _answer(model, add)
        assert _calls(pieces) == [("add", meant)]
        assert _stop(pieces) is StopReason.TOOL_CALLS

    @pytest.mark.parametrize("sent", [7, [{"a": 1}, {"a": 2}], True])
    async def test_arguments_that_are_no_object_are_kept_for_the_model_to_hear_of(
        self, wire: WireServer, model: ChatModel, add: ToolSpec, sent: Any
    ) -> None:
        """Else a tool whose arguments are all optional would be called with none."""
        self._need_calls()
        wire.play("odd", self._events(*self.voice.call("add", sent), *self.voice.end()))
        (asked,) = [p for p in await _answer(model, add) if isinstance(p, ToolRequest)]
        with pytest.raises(InvalidArguments):
            read_arguments(asked.arguments)

    # --- errors

    @pytest.mark.parametrize("form", ERRORS)
    async def test_tells_why_a_request_was_refused(
        self, wire: WireServer, model: ChatModel, form: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        _, error = await self._fail(wire, model, Reply(400, ERRORS[form]))
        assert error.reason is ProviderReason.REJECTED
        assert PLAINLY in error.message
        assert PLAINLY in caplog.text

    @pytest.mark.parametrize("form", ERRORS)
    async def test_tells_why_it_broke_off(
        self, wire: WireServer, model: ChatModel, form: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        steps = self._events(self.voice.text("Half"))
        pieces, error = await self._fail(wire, model, *steps, sse(ERRORS[form]), DONE)
        assert _said(pieces) == "Half"
        assert error.reason in {ProviderReason.REJECTED, ProviderReason.OVERLOADED}
        assert PLAINLY in error.message
        assert PLAINLY in caplog.text

    async def test_tells_an_error_in_place_of_a_stream(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        _, error = await self._fail(wire, model, Reply(200, ERRORS["object"]))
        assert error.reason is ProviderReason.REJECTED
        assert PLAINLY in error.message

    @pytest.mark.parametrize(
        "body",
        [
            PLAINLY.encode(),
            {"base_resp": {"status_code": 1004, "status_msg": PLAINLY}},
            {"status": "error", "reason": PLAINLY},
        ],
    )
    async def test_tells_words_in_place_of_a_stream(
        self, wire: WireServer, model: ChatModel, body: Any
    ) -> None:
        """Also where they are in no form of an error, and beside 200."""
        step = body if isinstance(body, bytes) else Reply(200, body)
        _, error = await self._fail(wire, model, step)
        assert PLAINLY in error.message

    @pytest.mark.parametrize("body", [ERRORS["object"], ERRORS["text"]])
    async def test_tells_what_a_server_says_of_its_own_failure(
        self, wire: WireServer, model: ChatModel, body: Any
    ) -> None:
        _, error = await self._fail(wire, model, Reply(500, body))
        assert (error.reason, error.is_final) == (ProviderReason.OVERLOADED, False)
        assert PLAINLY in error.message

    async def test_hides_keys_in_the_words_of_others(
        self, wire: WireServer, model: ChatModel, caplog: pytest.LogCaptureFixture
    ) -> None:
        said = "no use for sk-wire-secret, sk-wi***ret, Bearer abcdef123 or key=abcdef123 here"
        for status in (400, 401, 500):
            _, error = await self._fail(wire, model, Reply(status, {"error": {"message": said}}))
            for told in (error.message, error.words, caplog.text):
                assert not any(key in told for key in ("secret", "***ret", "abcdef"))
        assert "no use for" in caplog.text

    @pytest.mark.parametrize(
        ("status", "code", "reason"),
        [
            (429, "insufficient_quota", ProviderReason.RATE_LIMITED),
            (403, "billing_error", ProviderReason.RATE_LIMITED),
            (402, "none", ProviderReason.RATE_LIMITED),
            (413, "rate_limit_exceeded", ProviderReason.REJECTED),
        ],
    )
    async def test_what_waiting_cannot_mend_is_final(
        self, wire: WireServer, model: ChatModel, status: int, code: str, reason: ProviderReason
    ) -> None:
        body = {"error": {"message": "You have no more.", "type": code, "code": code}}
        _, error = await self._fail(wire, model, Reply(status, body))
        assert (error.reason, error.is_final) == (reason, True)
        body["error"]["code"] = status  # type: ignore[assignment]  # as others write it
        _, error = await self._fail(wire, model, sse(body))
        assert error.is_final

    # --- requests

    @pytest.mark.parametrize("wording", REFUSALS)
    async def test_leaves_out_a_field_that_is_refused_and_remembers_it(
        self, wire: WireServer, server: WireServer, wording: str
    ) -> None:
        field = self.voice.optional
        status, form = REFUSALS[wording]
        body = json.loads(json.dumps(form).replace("{field}", field))
        wire.play("odd", [Reply(status, body)], self.voice.said("Hello"))
        model = self.make(server.base_url)  # type: ignore[attr-defined]  # of the contract
        request = ModelRequest("odd", [UserTurn("Hello.")], **self.voice.request)
        for _ in range(2):
            assert _said([piece async for piece in model.stream(request)]) == "Hello"
        await model.close()
        sent = [f'"{field}"' in json.dumps(seen.body) for seen in wire.requests]
        assert sent == [True, False, False]

    async def test_a_refusal_of_something_else_is_told_at_once(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        refusal = Reply(400, {"error": {"message": "messages must alternate"}})
        await self._fail(wire, model, refusal)
        assert len(wire.requests) == 1

    def _need_calls(self) -> None:
        if not self.voice.has_calls:
            pytest.skip("declared to have no calls")


async def _answer(model: ChatModel, *tools: ToolSpec) -> list[Piece]:
    request = ModelRequest("odd", [UserTurn("Hello.")], tools=tools)
    return [piece async for piece in model.stream(request)]


def _said(pieces: Sequence[Piece]) -> str:
    return "".join(piece.content for piece in pieces if isinstance(piece, Text))


def _thought(pieces: Sequence[Piece]) -> str:
    return "".join(piece.content for piece in pieces if isinstance(piece, Reasoning))


def _calls(pieces: Sequence[Piece]) -> list[tuple[str, Any]]:
    asked = [piece for piece in pieces if isinstance(piece, ToolRequest)]
    return [(call.tool, read_arguments(call.arguments)) for call in asked]


def _stop(pieces: Sequence[Piece]) -> StopReason:
    last = pieces[-1]
    assert isinstance(last, Stop)
    return last.reason
