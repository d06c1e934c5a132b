"""What every provider behind a wire must do, through its real SDK, against its wire server.

A subclass names its server, makes its model, and declares as data what may differ::

    class TestAcmeChat(ProviderContract):
        service = AcmeWireServer
        absent = frozenset({"interleaved"})

        @classmethod
        def make(cls, base_url: str, **options: Any) -> ChatModel:
            return AcmeChat(base_url=base_url, **{"api_key": KEY, **options})

The name of the model chooses what the server does: see `tests.adapters.llm.wire.openai`.
"""

import asyncio
import json
import socket
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar

import pytest

from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    ToolTurn,
    ToolUse,
    Turn,
    Usage,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError, ProviderReason, ProviderTimeout
from domain.tools.tool import Effect, ToolSpec
from puerto.testing import ChatModelContract
from tests.adapters.llm.histories import HISTORIES
from tests.adapters.llm.wire.server import WireServer

KEY = "sk-wire-secret"
_HARMLESS = ToolSpec("ping", "Answer.", {"type": "object", "properties": {}}, Effect.READ)

_STATUSES = {
    400: ProviderReason.REJECTED,
    401: ProviderReason.AUTHENTICATION,
    403: ProviderReason.AUTHENTICATION,
    404: ProviderReason.MODEL_NOT_FOUND,
    413: ProviderReason.REJECTED,
    422: ProviderReason.REJECTED,
    429: ProviderReason.RATE_LIMITED,
    500: ProviderReason.OVERLOADED,
    503: ProviderReason.OVERLOADED,
    529: ProviderReason.OVERLOADED,
}

# What comes before it breaks, and why it is an error then.
_FAULTS = {
    "error-first": ("", ProviderReason.OVERLOADED),
    "error-mid-stream": ("Half an ans", ProviderReason.OVERLOADED),
    "truncated": ("Half an ans", ProviderReason.TRUNCATED),
    "dropped-mid-stream": ("Half an ans", ProviderReason.TRUNCATED),
    "reset-mid-stream": ("Half an ans", ProviderReason.TRUNCATED),
    "reset-before-headers": ("", ProviderReason.UNREACHABLE),
    "malformed-json": ("Half an ans", ProviderReason.MALFORMED),
    "html": ("", ProviderReason.MALFORMED),
}


class ProviderContract(ChatModelContract):
    """The contract of a provider; what may differ is declared by these.

    ``service`` is the class of its wire server, ``usage`` that of the scenario ``text``.
    ``absent`` are the scenarios that the protocol cannot have, ``differs`` maps the
    others to the reason with which they fail here. ``renames`` says whether the service takes
    parameters of plain names alone.
    """

    service: ClassVar[type[WireServer]]
    usage: ClassVar[Usage] = Usage(21, 9, 16)
    absent: ClassVar[frozenset[str]] = frozenset()
    differs: ClassVar[Mapping[str, ProviderReason]] = {}
    renames: ClassVar[bool] = False

    @classmethod
    def make(cls, base_url: str, **options: Any) -> ChatModel:
        """Return a new model; ``options`` are those of its constructor, the key among them."""
        pytest.fail("the contract needs a method: make")

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[WireServer]:
        """Serve all the tests of the class."""
        with cls.service() as server:
            yield server

    @pytest.fixture
    def wire(self, server: WireServer) -> WireServer:
        """Return the server as if just started."""
        server.reset()
        return server

    @pytest.fixture(scope="class")
    @classmethod
    async def opened(cls, server: WireServer) -> AsyncIterator[ChatModel]:
        """Return a model that has loaded its SDK: making one for each test takes long."""
        model = cls.make(server.base_url)
        await answer(model, "text")
        yield model
        await model.close()

    @pytest.fixture
    def model(self, wire: WireServer, opened: ChatModel) -> ChatModel:
        """Return the model that the tests share, and a server that has seen nothing."""
        return opened

    @pytest.fixture
    def text_request(self) -> ModelRequest:
        return ModelRequest("echo", [UserTurn("Good morning.")])

    @pytest.fixture
    def tool_request(self, add: ToolSpec) -> ModelRequest:
        self._need("tool")
        said = 'Please call add {"a": 4200, "b": 17}.'
        return ModelRequest("echo", [UserTurn(said)], tools=[add])

    @pytest.fixture
    def parallel_request(self, add: ToolSpec) -> ModelRequest:
        self._need("parallel")
        return ModelRequest("parallel", [UserTurn("Add them all.")], tools=[add])

    @pytest.fixture
    def reasoning_request(self) -> ModelRequest:
        self._need("reasoning")
        return ModelRequest("reasoning", [UserTurn("Think first.")])

    @pytest.fixture
    def failing_request(self) -> ModelRequest:
        return ModelRequest("status-503", [UserTurn("Are you there?")])

    def _need(self, scenario: str) -> None:
        if scenario in self.absent:
            pytest.skip(f"declared to have no scenario {scenario}")

    async def _fail_at(self, base_url: str, name: str = "text", **options: Any) -> ProviderError:
        model = self.make(base_url, **options)
        try:
            _, error = await failure(model, name)
        finally:
            await model.close()
        return error

    # --- answers

    async def test_streams_text_as_it_comes(self, model: ChatModel) -> None:
        *said, stop = await answer(model, "text")
        assert "".join(words(said)) == "The answer is forty-two."
        assert len(said) > 1
        assert isinstance(stop, Stop)
        assert (stop.reason, stop.usage) == (StopReason.END, self.usage)

    @pytest.mark.parametrize("name", ["parallel", "interleaved"])
    async def test_gives_parallel_calls_whole_and_in_order(
        self, model: ChatModel, add: ToolSpec, name: str
    ) -> None:
        self._need(name)
        *calls, stop = await answer(model, name, tools=[add])
        asked = [call for call in calls if isinstance(call, ToolRequest)]
        assert [(call.tool, json.loads(call.arguments)) for call in asked] == [
            ("add", {"a": 40, "b": 2}),
            ("add", {"a": 1, "b": 1}),
        ]
        assert isinstance(stop, Stop)
        assert stop.reason is StopReason.TOOL_CALLS

    async def test_tells_reasoning_from_text(self, model: ChatModel) -> None:
        self._need("reasoning")
        pieces = await answer(model, "reasoning")
        thought = [piece.content for piece in pieces if isinstance(piece, Reasoning)]
        assert "".join(thought) == "Hm, let me see."
        assert "".join(words(pieces)) == "Yes."

    @pytest.mark.parametrize(
        ("name", "reason"), [("length", StopReason.LENGTH), ("refusal", StopReason.REFUSAL)]
    )
    async def test_says_why_it_stopped(
        self, model: ChatModel, name: str, reason: StopReason
    ) -> None:
        self._need(name)
        *said, stop = await answer(model, name)
        assert all(isinstance(piece, Text) for piece in said)
        assert isinstance(stop, Stop)
        assert stop.reason is reason

    async def test_takes_many_events_in_one_piece_and_one_in_many(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        turns = [UserTurn("ñandú 🦤 end")]
        whole = await answer(model, "echo", turns)
        for grain in (1 << 16, 1):
            wire.grain = grain
            assert await answer(model, "echo", turns) == whole

    # --- requests

    @pytest.mark.parametrize("history", HISTORIES)
    async def test_sends_what_the_service_takes(
        self, model: ChatModel, add: ToolSpec, history: str
    ) -> None:
        """Whatever the conversation holds: the server checks it as the real service does."""
        pieces = await answer(
            model,
            "echo",
            HISTORIES[history],
            system="Be brief.",
            tools=[add, _HARMLESS],
            sampling=Sampling(max_output_tokens=1000),
        )
        assert words(pieces)

    async def test_goes_on_with_what_it_wants_back(self, model: ChatModel, add: ToolSpec) -> None:
        self._need("tool")
        asked = await answer(model, "tool", tools=[add])
        (call,) = (piece for piece in asked if isinstance(piece, ToolRequest))
        assert isinstance(asked[-1], Stop)
        use = ToolUse("c1", call.tool, json.loads(call.arguments))
        turns: list[Turn] = [
            UserTurn("Hello."),
            AssistantTurn("".join(words(asked)), [use], asked[-1].memento),
            ToolTurn("c1", "add", "4217"),
        ]
        assert "4217" in "".join(words(await answer(model, "echo", turns, tools=[add])))

    async def test_tells_the_model_of_odd_tools_and_understands_its_calls(
        self, model: ChatModel, add: ToolSpec
    ) -> None:
        """Names and schemas that no service takes as they are: one such fails every request."""
        self._need("tool")
        sizes = {f"${name}": each for name, each in add.parameters["properties"].items()}
        parts = {"type": "object", "properties": sizes, "required": list(sizes)}
        parameters = {"anyOf": [{"$ref": "#/$defs/Parts"}], "$defs": {"Parts": parts}}
        odd = ToolSpec("add", "Add. " * 500, parameters, add.effect)
        lost = ToolSpec("lost", "Lose.", {"$ref": "https://example.com/schema"}, add.effect)
        asked = await answer(model, "tool", tools=[odd, lost])
        (call,) = (piece for piece in asked if isinstance(piece, ToolRequest))
        named = {"$a": 40, "$b": 2}
        assert call.tool == "add"
        assert json.loads(call.arguments) == (named if self.renames else {"a": 40, "b": 2})
        turns: list[Turn] = [
            UserTurn("Add."),
            AssistantTurn("", [ToolUse("c1", "add", named)]),
            ToolTurn("c1", "add", "4217"),
        ]
        assert "4217" in "".join(words(await answer(model, "echo", turns, tools=[lost, odd])))

    # --- errors

    @pytest.mark.parametrize(("status", "reason"), _STATUSES.items())
    async def test_tells_statuses_apart(
        self, model: ChatModel, status: int, reason: ProviderReason
    ) -> None:
        name = f"status-{status}"
        pieces, error = await failure(model, name)
        assert not pieces
        assert error.reason is self.differs.get(name, reason)
        assert error.details["status"] == status
        assert error.retry_after == (7 if status == 429 else None)
        assert KEY not in told(error)

    @pytest.mark.parametrize("status", [401, 403])
    async def test_repeats_nothing_of_a_refused_key(self, model: ChatModel, status: int) -> None:
        _, error = await failure(model, f"status-{status}")
        assert "cret" not in told(error)

    async def test_quotes_the_provider_where_that_helps(self, model: ChatModel) -> None:
        _, error = await failure(model, "status-400")
        assert "(" in error.message

    @pytest.mark.parametrize("name", _FAULTS)
    async def test_gives_what_came_before_it_broke(self, model: ChatModel, name: str) -> None:
        self._need(name)
        text, reason = _FAULTS[name]
        pieces, error = await failure(model, name)
        assert "".join(words(pieces)) == text
        assert error.reason is self.differs.get(name, reason)
        assert error.provider == model.provider
        assert error.message.startswith(model.provider)

    @pytest.mark.usefixtures("opened")
    async def test_silence_is_a_timeout(self, wire: WireServer) -> None:
        names = ["hang-before-headers", "hang-mid-stream"]
        errors = await asyncio.gather(
            *(self._fail_at(wire.base_url, name, read_timeout=0.5) for name in names)
        )
        assert [type(error) for error in errors] == [ProviderTimeout] * 2
        assert await wire.disconnected(2)

    @pytest.mark.usefixtures("opened")
    async def test_an_answer_may_not_take_for_ever(self, wire: WireServer) -> None:
        names = ["hang-before-headers", "hang-mid-stream", "pieces:10000:0.01"]
        errors = await asyncio.gather(
            *(self._fail_at(wire.base_url, name, total_timeout=1.0) for name in names)
        )
        assert [type(error) for error in errors] == [ProviderTimeout] * 3
        assert await wire.disconnected(3)

    async def test_nobody_listens(self, wire: WireServer) -> None:
        with socket.socket() as unused:  # bound, so that nobody else takes it, but not listening
            unused.bind(("127.0.0.1", 0))
            origin = f"http://127.0.0.1:{unused.getsockname()[1]}"
            error = await self._fail_at(wire.base_url.replace(wire.origin, origin))
        assert error.reason is ProviderReason.UNREACHABLE

    @pytest.mark.parametrize("address", ["ftp://127.0.0.1/v1", "localhost", "http://[::1"])
    async def test_the_address_is_none(self, address: str) -> None:
        assert (await self._fail_at(address)).reason is ProviderReason.UNREACHABLE

    async def test_the_key_is_none(self, wire: WireServer) -> None:
        error = await self._fail_at(wire.base_url, api_key="sk-“quoted”")
        assert error.reason is ProviderReason.AUTHENTICATION
        assert "quoted" not in error.message

    async def test_the_text_is_none(self, model: ChatModel) -> None:
        _, error = await failure(model, "echo", [UserTurn("\ud800")])
        assert error.reason is ProviderReason.REJECTED

    # --- connections

    async def test_uses_one_connection_for_answers_in_turn(self, wire: WireServer) -> None:
        model = self.make(wire.base_url)
        for _ in range(3):
            await answer(model, "text")
        await model.close()
        assert wire.connections == 1

    async def test_opens_again_after_it_was_closed(self, wire: WireServer) -> None:
        model = self.make(wire.base_url)
        await model.close()
        first = await answer(model, "text")
        await model.close()
        assert await answer(model, "text") == first
        await model.close()

    async def test_hangs_up_when_the_stream_is_closed(
        self, wire: WireServer, model: ChatModel
    ) -> None:
        request = ModelRequest("hang-mid-stream", [UserTurn("Hello.")])
        async with aclosing(model.stream(request)) as stream:
            await anext(stream)
        assert await wire.disconnected()

    @pytest.mark.parametrize("name", ["hang-mid-stream", "hang-before-headers"])
    async def test_hangs_up_when_its_reader_is_cancelled(
        self, wire: WireServer, model: ChatModel, name: str
    ) -> None:
        reader = asyncio.create_task(answer(model, name))
        await wire.requested()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert await wire.disconnected()


async def answer(
    model: ChatModel, name: str, turns: Sequence[Turn] = (UserTurn("Hello."),), **more: Any
) -> list[Piece]:
    """Return the pieces of the answer to a request, whose other fields are ``more``."""
    return [piece async for piece in model.stream(ModelRequest(name, turns, **more))]


async def failure(
    model: ChatModel, name: str, turns: Sequence[Turn] = (UserTurn("Hello."),)
) -> tuple[list[Piece], ProviderError]:
    """Return the pieces that came, and the error after them."""
    pieces: list[Piece] = []

    async def ask() -> None:
        async for piece in model.stream(ModelRequest(name, turns)):
            pieces.append(piece)  # noqa: PERF401 - what came before the error must be kept

    with pytest.raises(ProviderError) as caught:
        await ask()
    return pieces, caught.value


def words(pieces: Sequence[Piece]) -> list[str]:
    """Return the pieces of text."""
    return [piece.content for piece in pieces if isinstance(piece, Text)]


def told(error: BaseException) -> str:
    """Return all that a log would say of an error, its causes and their messages included."""
    causes = [error]
    while cause := causes[-1].__cause__ or (
        None if causes[-1].__suppress_context__ else causes[-1].__context__
    ):
        causes.append(cause)
    lines = (line for each in causes for line in traceback.format_exception_only(each))
    return "".join([*lines, json.dumps(getattr(error, "details", None))])


def exceptions_of(module: Any) -> set[type[Exception]]:
    """Return the classes of exceptions that a module exports."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if name[0] != "_"]
    members = (getattr(module, name) for name in names)
    return {kind for kind in members if isinstance(kind, type) and issubclass(kind, Exception)}
