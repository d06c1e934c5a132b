"""The sampling parameters on each provider's wire, and what it says that it has not honoured."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from adapters.llm.anthropic.model import AnthropicChat
from adapters.llm.google.model import GoogleChat
from adapters.llm.openai.chat import OpenAIChat
from adapters.llm.openai.responses import ResponsesChat
from domain.conversations.sampling import NAMES, Sampling
from domain.models.messages import ModelRequest, Stop, UserTurn
from domain.models.ports import ChatModel
from domain.tools.tool import ToolSpec
from tests.adapters.llm.perplexity.test_model import perplexity
from tests.adapters.llm.provider_contract import KEY
from tests.adapters.llm.wire.anthropic import AnthropicWireServer
from tests.adapters.llm.wire.google import GoogleWireServer
from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.adapters.llm.wire.openai import answer as openai_answer
from tests.adapters.llm.wire.openai import text as openai_text
from tests.adapters.llm.wire.perplexity import PerplexityWireServer
from tests.adapters.llm.wire.server import Reply, WireServer

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
FORM = {"type": "json_schema", "name": "sum", "schema": SCHEMA, "strict": False}
ALL = Sampling(0.5, 0.9, 100, ("END", "STOP"), 7, "add", FORM)

Make = Callable[[str], ChatModel]
PROVIDERS: dict[str, tuple[type[WireServer], Make]] = {
    "chat": (OpenAIWireServer, lambda url: OpenAIChat(api_key=KEY, base_url=url)),
    "responses": (OpenAIWireServer, lambda url: ResponsesChat(api_key=KEY, base_url=url)),
    "anthropic": (AnthropicWireServer, lambda url: AnthropicChat(api_key=KEY, base_url=url)),
    "google": (GoogleWireServer, lambda url: GoogleChat(api_key=KEY, base_url=url)),
    "perplexity": (PerplexityWireServer, perplexity),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[type[WireServer], WireServer]]:
    with ExitStack() as stack:
        kinds = {kind for kind, _ in PROVIDERS.values()}
        yield {kind: stack.enter_context(kind()) for kind in kinds}


@pytest.fixture(scope="module")
async def models(
    servers: dict[type[WireServer], WireServer],
) -> AsyncIterator[dict[str, ChatModel]]:
    made = {name: make(servers[kind].base_url) for name, (kind, make) in PROVIDERS.items()}
    yield made
    for model in made.values():
        await model.close()


class Wire:
    """The providers and their servers: asks one, and returns what was sent and what it honours."""

    def __init__(
        self, servers: dict[type[WireServer], WireServer], models: dict[str, ChatModel]
    ) -> None:
        self._servers = servers
        self._models = models

    async def ask(
        self, provider: str, sampling: Sampling, *tools: ToolSpec, model: str = "plain"
    ) -> tuple[dict[str, Any], frozenset[str]]:
        server = self._servers[PROVIDERS[provider][0]]
        server.reset()
        request = ModelRequest(model, [UserTurn("Hello.")], tools=tools, sampling=sampling)
        *_, stop = [piece async for piece in self._models[provider].stream(request)]
        assert isinstance(stop, Stop)
        return server.requests[-1].body, stop.taken


@pytest.fixture
def wire(servers: dict[type[WireServer], WireServer], models: dict[str, ChatModel]) -> Wire:
    return Wire(servers, models)


SENT: dict[str, dict[str, Any]] = {
    "chat": {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_completion_tokens": 100,
        "stop": ["END", "STOP"],
        "seed": 7,
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "sum", "schema": SCHEMA, "strict": False},
        },
    },
    "responses": {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 100,
        "tool_choice": {"type": "function", "name": "add"},
        "text": {"format": FORM},
    },
    "anthropic": {
        "max_tokens": 100,
        "stop_sequences": ["END", "STOP"],
        "tool_choice": {"type": "tool", "name": "add"},
        "output_config": {
            "format": {"type": "json_schema", "schema": SCHEMA | {"additionalProperties": False}}
        },
    },
    "google": {
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["add"]}},
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "maxOutputTokens": 100,
            "stopSequences": ["END", "STOP"],
            "seed": 7,
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
        },
    },
    "perplexity": {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 100,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "sum", "schema": SCHEMA, "strict": False},
        },
    },
}
NOT_TAKEN = {
    "chat": set[str](),
    "responses": {"stop", "seed"},
    "anthropic": {"temperature", "top_p", "seed"},
    "google": set[str](),
    "perplexity": {"stop", "seed", "tool_choice"},
}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_each_provider_is_sent_what_it_takes(
    wire: Wire, add: ToolSpec, provider: str
) -> None:
    plain, taken = await wire.ask(provider, Sampling(), add)
    assert taken == frozenset()
    asked, taken = await wire.ask(provider, ALL, add)
    sent = {name: each for name, each in asked.items() if plain.get(name) != each}
    assert sent == SENT[provider]
    assert taken == set(NAMES) - NOT_TAKEN[provider]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("chat", {"none": "none", "required": "required"}),
        ("responses", {"none": "none", "required": "required"}),
        ("anthropic", {"none": {"type": "none"}, "required": {"type": "any"}}),
        ("google", {"none": {"mode": "NONE"}, "required": {"mode": "ANY"}}),
    ],
)
async def test_a_choice_that_names_no_tool(
    wire: Wire, add: ToolSpec, provider: str, expected: dict[str, Any]
) -> None:
    for choice, sent in expected.items():
        body, taken = await wire.ask(provider, Sampling(tool_choice=choice), add)
        told = body["toolConfig"]["functionCallingConfig"] if provider == "google" else None
        assert (told or body["tool_choice"]) == sent
        assert taken == {"tool_choice"}
        body, taken = await wire.ask(provider, Sampling(tool_choice=choice))  # without tools
        assert not {"tool_choice", "toolConfig"} & body.keys()
        assert not taken


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_tool_that_is_not_offered_is_not_to_be_called(
    wire: Wire, add: ToolSpec, provider: str
) -> None:
    body, taken = await wire.ask(provider, Sampling(tool_choice="gone"), add)
    assert not {"tool_choice", "toolConfig"} & body.keys()
    assert not taken


@pytest.mark.parametrize(
    ("provider", "model", "sampling", "taken"),
    [
        ("chat", "thinker", Sampling(0.5, 0.9, 100, ("END",)), {"max_output_tokens"}),
        ("responses", "thinker", Sampling(0.5, 0.9, 100), {"max_output_tokens"}),
        ("responses", "plain", Sampling(max_output_tokens=5), set()),  # it takes 16 at least
        ("anthropic", "plain", Sampling(stop=("\n", "END")), set()),  # it takes no blank text
        ("google", "gemini-2.0-flash", Sampling(response_format=FORM), set()),  # not with tools
        ("anthropic", "plain", Sampling(response_format={"type": "json_object"}), set()),
    ],
)
async def test_what_a_model_refuses_is_left_out_and_not_claimed(
    wire: Wire, add: ToolSpec, provider: str, model: str, sampling: Sampling, taken: set[str]
) -> None:
    for _ in range(2):  # from the second time on it may be known
        _, honoured = await wire.ask(provider, sampling, add, model=model)
        assert honoured == taken


async def test_a_value_that_is_refused_is_not_the_field(
    servers: dict[type[WireServer], WireServer],
) -> None:
    refusals = [
        [Reply(400, {"error": {"message": f"{name} is too large: 900000.", "param": name}})]
        for name in ("max_completion_tokens", "max_tokens")
    ]
    server = servers[OpenAIWireServer]
    server.reset()
    server.play("small", *refusals, openai_answer(*openai_text("Hello.")))
    model = OpenAIChat(api_key=KEY, base_url=server.base_url)
    turns = [UserTurn("Hello.")]
    try:
        for limit, taken in ((900_000, set[str]()), (100, {"max_output_tokens"})):
            sampling = Sampling(max_output_tokens=limit)
            request = ModelRequest("small", turns, sampling=sampling)
            *_, stop = [piece async for piece in model.stream(request)]
            assert isinstance(stop, Stop)
            assert stop.taken == taken
    finally:
        await model.close()


async def test_json_of_any_schema(wire: Wire) -> None:
    form = {"type": "json_object"}
    body, taken = await wire.ask("chat", Sampling(response_format=form))
    assert (body["response_format"], taken) == (form, frozenset({"response_format"}))
    body, taken = await wire.ask("google", Sampling(response_format=form))
    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    assert taken == {"response_format"}
