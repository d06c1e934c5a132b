"""Perplexity: chat completions in a dialect of its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from adapters.llm.perplexity import PROVIDER
from adapters.llm.provider_record import ProviderConnection, ProviderOptions
from adapters.llm.reading.sources import listed
from adapters.llm.sdk.plain_turns import plain_turns
from domain.conversations.sampling import Sampling
from domain.models.messages import (
    AssistantTurn,
    ToolTurn,
    ToolUse,
    Turn,
    Usage,
    UserTurn,
)
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderReason
from domain.tools.tool import ToolSpec
from puerto.testing import Ability
from tests.adapters.llm.provider_contract import KEY, ProviderContract, answer, failure, words
from tests.adapters.llm.provider_quirks import ProviderQuirks
from tests.adapters.llm.voices import PlainCompletions
from tests.adapters.llm.wire import perplexity as wire_perplexity
from tests.adapters.llm.wire.perplexity import PerplexityWireServer


def perplexity(base_url: str, **options: Any) -> ChatModel:
    given = {"api_key": KEY, "read_timeout": 60, "total_timeout": 600, **options}
    connection = cast("ProviderConnection", {"base_url": base_url, **given})
    return PROVIDER.make(ProviderOptions(model="sonar", connection=connection))


class TestPerplexity(ProviderContract, ProviderQuirks):
    """OpenAI's SDK, against Perplexity's server."""

    service = PerplexityWireServer
    voice = PlainCompletions()
    usage = Usage(21, 9)
    lacks = frozenset({Ability.TOOLS, Ability.PARALLEL_CALLS})
    absent = frozenset({"tool", "parallel", "interleaved", "refusal"})

    @classmethod
    def make(cls, base_url: str, **options: Any) -> ChatModel:
        return perplexity(base_url, **options)


@pytest.fixture(scope="module")
def server() -> Iterator[PerplexityWireServer]:
    with PerplexityWireServer() as server:
        yield server


@pytest.fixture
async def model(server: PerplexityWireServer) -> AsyncIterator[ChatModel]:
    server.reset()
    model = perplexity(server.base_url)
    yield model
    await model.close()


async def test_lists_the_sources_below_the_answer(model: ChatModel) -> None:
    pieces = await answer(model, "sources")
    assert "".join(words(pieces)) == (
        "It is so[1], or not[2].\n\nSources:\n\n"
        "1. [All (about) A](<https://example.org/a>)\n"
        "2. <https://example.org/b>"
    )


async def test_does_not_know_the_model(model: ChatModel) -> None:
    _, error = await failure(model, "unknown")
    assert error.reason is ProviderReason.MODEL_NOT_FOUND


async def test_sends_only_what_it_takes(
    server: PerplexityWireServer, model: ChatModel, add: ToolSpec
) -> None:
    await answer(
        model, "echo", system="Be brief.", tools=[add], sampling=Sampling(max_output_tokens=9)
    )
    assert server.requests[0].body == {
        "model": "echo",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello."},
        ],
        "stream": True,
        "max_tokens": 9,
    }


USE = ToolUse("c1", "add", {"a": 2**70})


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([], [("user", "Begin.")]),
        ([UserTurn("A"), UserTurn("B")], [("user", "A\n\nB")]),
        ([AssistantTurn("A")], [("user", "Begin."), ("assistant", "A"), ("user", "Go on.")]),
        ([UserTurn("A"), AssistantTurn(""), UserTurn("B")], [("user", "A\n\nB")]),
        (
            [
                UserTurn("A"),
                AssistantTurn("Well.", [USE]),
                ToolTurn("c1", "add", "7"),
                ToolTurn("c2", "sub", "no", is_error=True),
            ],
            [
                ("user", "A"),
                ("assistant", f'Well.\n[called add with {{"a":{2**70}}}]'),
                ("user", "[add returned: 7]\n\n[sub failed: no]"),
            ],
        ),
    ],
)
def test_tells_a_conversation_in_words(turns: list[Turn], said: list[tuple[str, str]]) -> None:
    assert plain_turns(turns) == said


def test_lists_what_is_there() -> None:
    assert listed([], []) == ""
    assert listed([1], [None, {"title": "A"}]) == ""
    assert listed([], [{"url": "u", "title": " A\nB "}]).endswith("\n1. [A B](<u>)")
    assert listed([], [{"url": ["u"]}, {"url": None}]) == ""


def test_an_address_cannot_leave_its_link() -> None:
    told = listed(["http://x/>\n\n# <b>"], [])
    assert told.endswith("\n1. <http://x/%3E%0A%0A#%20%3Cb%3E>")


def test_the_list_has_an_end() -> None:
    assert "\n101. " not in listed([f"http://x/{at}" for at in range(20_000)], [])


async def test_lists_nothing_below_half_an_answer(
    server: PerplexityWireServer, model: ChatModel
) -> None:
    server.play("cut", wire_perplexity.answer("It is", "length", wire_perplexity.SOURCES))
    assert words(await answer(model, "cut")) == ["It", " is"]
