"""Google's Gemini models: the contract, and what is special to them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from google.genai import errors

from adapters.llm.google.errors import google_errors
from adapters.llm.google.model import GoogleChat
from adapters.llm.sdk.failures import http_errors
from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
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
from domain.shared.errors import ProviderError, ProviderReason
from domain.tools.tool import ToolSpec
from tests.adapters.llm.provider_contract import (
    KEY,
    ProviderContract,
    answer,
    exceptions_of,
    failure,
    words,
)
from tests.adapters.llm.provider_quirks import ProviderQuirks
from tests.adapters.llm.voices import Gemini
from tests.adapters.llm.wire.google import GoogleWireServer, call, chunk
from tests.adapters.llm.wire.google_rules import SIGNATURE
from tests.adapters.llm.wire.server import Reply


class TestGoogleChat(ProviderContract, ProviderQuirks):
    """The real SDK, against a real server."""

    service = GoogleWireServer
    voice = Gemini()
    renames = True
    absent = frozenset({"interleaved"})  # calls come whole

    @classmethod
    def make(cls, base_url: str, **options: Any) -> ChatModel:
        return GoogleChat(base_url=base_url, **{"api_key": KEY, **options})


@pytest.fixture(scope="module")
def server() -> Iterator[GoogleWireServer]:
    with GoogleWireServer() as server:
        yield server


@pytest.fixture
def google(server: GoogleWireServer) -> GoogleWireServer:
    server.reset()
    return server


@pytest.fixture(scope="module")
async def opened(server: GoogleWireServer) -> AsyncIterator[GoogleChat]:
    model = GoogleChat(api_key=KEY, base_url=server.base_url)
    yield model
    await model.close()


@pytest.fixture
def model(google: GoogleWireServer, opened: GoogleChat) -> GoogleChat:
    return opened


def function_call(call_id: str, signature: str, **arguments: int) -> dict[str, Any]:
    called = {"id": call_id, "name": "add", "args": arguments}
    return {"functionCall": called, **({"thoughtSignature": signature} if signature else {})}


def function_response(call_id: str, **response: str) -> dict[str, Any]:
    return {"functionResponse": {"id": call_id, "name": "add", "response": response}}


async def test_sends_the_whole_conversation(
    google: GoogleWireServer, model: GoogleChat, add: ToolSpec
) -> None:
    request = ModelRequest(
        "gemini-2.5-flash",
        [
            AssistantTurn("Welcome."),
            UserTurn("¿Cuánto es?"),
            AssistantTurn("", [ToolUse("c1", "add", {"a": 2**70, "b": 1})]),
            ToolTurn("c1", "add", "too big", is_error=True),
            UserTurn("Again."),
            UserTurn("Please."),
        ],
        system="Be brief.",
        tools=[add],
        sampling=Sampling(temperature=0.0, max_output_tokens=100),
    )
    [piece async for piece in model.stream(request)]
    (seen,) = google.requests
    assert seen.path == "/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert seen.headers["x-goog-api-key"] == KEY
    assert seen.headers["user-agent"].startswith("google-genai-sdk/")
    declared = {
        "name": "add",
        "description": add.description,
        "parametersJsonSchema": add.parameters,
    }
    said = [{"text": "Again."}, {"text": "Please."}]
    assert seen.body == {
        "contents": [
            {"role": "user", "parts": [{"text": "Go on."}]},
            {"role": "model", "parts": [{"text": "Welcome."}]},
            {"role": "user", "parts": [{"text": "¿Cuánto es?"}]},
            {"role": "model", "parts": [function_call("c1", "", a=2**70, b=1)]},
            {"role": "user", "parts": [function_response("c1", error="too big"), *said]},
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [declared]}],
        "generationConfig": {
            "temperature": 0.0,
            "maxOutputTokens": 100,
            "thinkingConfig": {"includeThoughts": True},
        },
    }


async def test_sends_nothing_that_was_not_asked_for(
    google: GoogleWireServer, model: GoogleChat
) -> None:
    await answer(model, "text")
    assert google.requests[0].body == {
        "contents": [{"role": "user", "parts": [{"text": "Hello."}]}]
    }


async def test_gives_signatures_back_on_their_parts(
    google: GoogleWireServer, model: GoogleChat, add: ToolSpec
) -> None:
    asked = await answer(model, "tool", tools=[add])
    assert asked[:-1] == [
        Text("Let me "),
        Text("add."),
        ToolRequest("add", '{"a":40,"b":2}'),
    ]
    stop = asked[-1]
    assert isinstance(stop, Stop)
    turns: list[Turn] = [
        UserTurn("Add."),
        AssistantTurn("Let me add.", [ToolUse("c1", "add", {"a": 40, "b": 2})], stop.memento),
        ToolTurn("c1", "add", "42"),
        AssistantTurn("", [ToolUse("c2", "add", {"a": 1}), ToolUse("c3", "add", {"b": 1})]),
        ToolTurn("c2", "add", "1"),
        ToolTurn("c3", "add", "1"),
    ]
    await answer(model, "echo", turns, tools=[add])
    unsigned = "skip_thought_signature_validator"  # as documented, for another provider's calls
    assert google.requests[1].body["contents"][1:] == [
        {"role": "model", "parts": [{"text": "Let me add."}, call(0, "add", {"a": 40, "b": 2})]},
        {"role": "user", "parts": [function_response("wire0", output="42")]},
        {
            "role": "model",
            "parts": [function_call("c2", unsigned, a=1), function_call("c3", "", b=1)],
        },
        {
            "role": "user",
            "parts": [function_response("c2", output="1"), function_response("c3", output="1")],
        },
    ]


@pytest.mark.parametrize(
    "memento",
    [
        pytest.param("[[]]", id="no note"),
        pytest.param(f'[["call", "x", "{SIGNATURE}"], ["call", "y", ""]]', id="more calls"),
        pytest.param('[["text", 2, ""]]', id="another text"),
        pytest.param("7", id="a number"),
    ],
)
async def test_passes_over_a_memento_that_does_not_fit(
    google: GoogleWireServer, model: GoogleChat, memento: str
) -> None:
    use = ToolUse("c1", "add", {"a": 1})
    asked = AssistantTurn("Yes.", [use], memento)
    turns: list[Turn] = [UserTurn("Add."), asked, ToolTurn("c1", "add", "1")]
    await answer(model, "gemini-2.0-flash", turns)
    parts = google.requests[0].body["contents"][1]["parts"]
    assert parts == [{"text": "Yes."}, function_call("c1", "", a=1)]


async def test_goes_on_without_a_signature_that_is_refused(
    google: GoogleWireServer, model: GoogleChat
) -> None:
    use = ToolUse("c1", "add", {"a": 1})
    asked = AssistantTurn("", [use], '[["call", "wire0", "b3RoZXI="]]')
    turns: list[Turn] = [UserTurn("Add."), asked, ToolTurn("c1", "add", "4217")]
    assert "4217" in "".join(words(await answer(model, "echo", turns)))
    assert len(google.requests) == 2


@pytest.mark.parametrize(
    ("name", "thinks"),
    [
        ("gemini-3.8-flash", True),
        ("models/gemini-2.5-pro", True),
        ("gemini-flash-latest", True),
        ("gemini-2.0-flash", False),
        ("gemini-2.5-flash-lite", False),
        ("gemini-2.5-flash-image", False),
        ("tunedModels/mine", False),
    ],
)
async def test_asks_for_thoughts_only_where_that_is_no_error(
    google: GoogleWireServer, model: GoogleChat, name: str, *, thinks: bool
) -> None:
    google.play(name.removeprefix("models/"), [chunk({"text": "Hi."}, finish="STOP")])
    request = ModelRequest(name, [UserTurn("Hello.")])
    if name.startswith("tunedModels/"):  # which this server does not have
        await failure(model, name)
    else:
        [piece async for piece in model.stream(request)]
    assert ("generationConfig" in google.requests[0].body) is thinks


@pytest.mark.parametrize("name", ["blocked", "refusal"])
async def test_a_blocked_prompt_is_a_refusal(model: GoogleChat, name: str) -> None:
    *_, stop = await answer(model, name)
    assert isinstance(stop, Stop)
    assert stop.reason is StopReason.REFUSAL
    assert stop.usage.input_tokens == 21


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("api-key-invalid", ProviderReason.AUTHENTICATION),  # a 400, with Google
        ("malformed-call", ProviderReason.MALFORMED),
        ("moved", ProviderReason.MALFORMED),
        ("..", ProviderReason.MODEL_NOT_FOUND),
        ("", ProviderReason.MODEL_NOT_FOUND),
        ("\ud800", ProviderReason.REJECTED),
        ("no/such?model=#1", ProviderReason.REJECTED),
    ],
)
async def test_tells_errors_apart(model: GoogleChat, name: str, reason: ProviderReason) -> None:
    pieces, error = await failure(model, name)
    assert not pieces
    assert error.reason is reason


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"details": [{"retryDelay": "34.5s"}]}}, 34.5),
        ({"error": {"details": [{"retryDelay": "soon"}]}}, 3),
        ({"error": {"details": "none"}}, 3),
        ({"error": "busy"}, 3),
        ([{"error": {"code": 429}}], 3),
        ("<h1>Busy</h1>", 3),
    ],
)
async def test_says_when_to_come_back(
    google: GoogleWireServer, model: GoogleChat, body: Any, seconds: float
) -> None:
    google.play("busy", [Reply(429, body, {"retry-after": "3"})])
    _, error = await failure(model, "busy")
    assert (error.reason, error.retry_after) == (ProviderReason.RATE_LIMITED, seconds)


async def test_is_of_google_whatever_the_environment_says(
    google: GoogleWireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "another")
    model = GoogleChat(api_key=KEY, base_url=google.base_url)
    pieces = await answer(model, "text")
    await model.close()
    assert pieces[-1] == Stop(StopReason.END, Usage(21, 9, 16))
    assert google.requests[0].headers["x-goog-api-key"] == KEY


# Raised by what is not used here: Interactions, experiments, and cookies, which nobody keeps.
_NOT_MET = {errors.ContinuationInterruptedError, errors.ExperimentalWarning, httpx2.CookieConflict}


@pytest.mark.parametrize(
    "kind", sorted((exceptions_of(errors) | exceptions_of(httpx2)) - _NOT_MET, key=str)
)
def test_every_exception_of_the_sdk_becomes_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if isinstance(error, errors.APIError):
        error.code, error.details, error.response = 418, None, httpx2.Response(418)
    with pytest.raises(ProviderError), http_errors("acme"), google_errors("acme"):
        raise error
