"""A chat model without a language model: rules only, no key, no network."""

import json
import re
import unicodedata
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from typing_extensions import override

from adapters.llm.offline import replies
from adapters.llm.offline.conversation import Exchange, last_value, read
from adapters.llm.offline.intents import Intent, intent_of
from adapters.llm.offline.planning import Plan, Planner, language_of
from adapters.llm.offline.ranking import Indexes
from adapters.llm.offline.reports import report
from adapters.llm.offline.shaping import shaped
from adapters.llm.offline.text.language import Language
from domain.conversations.sampling import AUTO, NONE, REQUIRED, Sampling
from domain.execution.tool_selection import SEARCH_TOOL
from domain.models.messages import (
    AssistantTurn,
    ModelRequest,
    Piece,
    Reasoning,
    Stop,
    StopReason,
    Text,
    ToolRequest,
    Turn,
    Usage,
    UserTurn,
)
from domain.models.ports import ChatModel

_Said = Text | Reasoning | ToolRequest

_CHARACTERS_PER_TOKEN = 4
# There is nothing random here, which a temperature could change; any seed gives the same answer.
_TAKEN = frozenset({"max_output_tokens", "stop", "seed"})
_WORD = re.compile(r"\s*\S+\s*?(?=\s\S|$)|\s+")


def _today() -> date:
    return datetime.now(UTC).date()


class OfflineChat(ChatModel):
    """The built-in `ChatModel`: matches words to tools, calls them, and reports their results.

    The answer depends only on the request and on ``today``. Usage is approximate: a token for four
    characters of the turns and the system prompt, and of the answer.
    """

    def __init__(self, today: Callable[[], date] | None = None) -> None:
        self._today = today or _today
        self._indexes = Indexes()

    @property
    @override
    def provider(self) -> str:
        return "offline"

    @override
    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer: text by words, or the reasons for calls and the calls.

        Tools are called once for a message; then their results are reported.
        """
        request = _with_chosen_tools(request)
        limit = request.sampling.max_output_tokens
        pieces, taken = _in_format(list(self._pieces(request)), request.sampling)
        spent, cut = 0, False
        for piece in pieces:
            size = len(piece.arguments if isinstance(piece, ToolRequest) else piece.content)
            if isinstance(piece, Text) and limit is not None and _tokens(spent + size) > limit:
                cut = True
                break
            spent += size
            yield piece
        calls = any(isinstance(piece, ToolRequest) for piece in pieces)
        reason = StopReason.TOOL_CALLS if calls else StopReason.END
        usage = Usage(_tokens(_length(request)), _tokens(spent))
        yield Stop(StopReason.LENGTH if cut else reason, usage, taken=taken)

    @override
    async def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _pieces(self, request: ModelRequest) -> Iterator[_Said]:
        turns = [_composed(turn) for turn in request.turns]
        conversation = read(turns)
        language = language_of(conversation)
        intent = intent_of(conversation.message)
        if intent is not None and not conversation.results:
            yield from _words(self._about_itself(intent, request, conversation, language))
            return
        tools = [tool for tool in request.tools if tool.name != SEARCH_TOOL]  # no word finds more
        planner = Planner(self._indexes.of(tools), self._today())
        plan = planner.plan([*conversation.before, UserTurn(conversation.message)])
        if conversation.results:
            yield from _words(_report(conversation, plan, language))
        elif plan.calls:
            for call in plan.calls:
                yield Reasoning(replies.intention(language, call) + "\n")
            for call in plan.calls:
                arguments = json.dumps(call.arguments, ensure_ascii=False)
                yield ToolRequest(call.tool.name, arguments)
        elif plan.question is not None:
            yield from _words(replies.ask_back(language, plan.question))
        elif (zone := conversation.stated_zone) is not None:
            yield from _words(replies.noted(language, zone))
        else:
            advised = any(replies.is_advised(each) for each in conversation.answers)
            nearest = () if advised else plan.nearest
            yield from _words(
                replies.nothing_fits(language, conversation.message, nearest, advised=advised)
            )

    @staticmethod
    def _about_itself(
        intent: Intent, request: ModelRequest, conversation: Exchange, language: Language
    ) -> str:
        answers: dict[Intent, Callable[[], str]] = {
            Intent.GREETING: lambda: replies.greeting(language),
            Intent.ABILITIES: lambda: replies.abilities(language, request.tools),
            Intent.IDENTITY: lambda: replies.identity(language),
            Intent.PROMPT: lambda: replies.no_prompt(language),
            Intent.FIRST: lambda: replies.first_message(language, conversation),
            Intent.MEMORY: lambda: replies.recall(language, conversation),
            Intent.RESULT: lambda: replies.last_result(language, last_value(conversation.before)),
            Intent.THANKS: lambda: replies.thanks(language),
            Intent.CANCEL: lambda: replies.cancelled(language),
        }
        return answers[intent]()


def _with_chosen_tools(request: ModelRequest) -> ModelRequest:
    """Return the request with no more tools than its tool choice leaves."""
    choice = request.sampling.tool_choice
    if choice is None or choice in {AUTO, REQUIRED}:
        return request
    return replace(request, tools=[tool for tool in request.tools if tool.name == choice])


def _in_format(
    pieces: Sequence[_Said], sampling: Sampling
) -> tuple[Sequence[_Said], frozenset[str]]:
    """Return the pieces in the format asked for, and the parameters that they honour."""
    taken = _TAKEN & sampling.given().keys()
    calls = any(isinstance(piece, ToolRequest) for piece in pieces)
    if sampling.tool_choice in {AUTO, NONE} or (sampling.tool_choice and calls):
        taken |= {"tool_choice"}
    form, stop = sampling.response_format, sampling.stop or ()
    if calls or (form is None and not stop):
        return pieces, taken | {"response_format"} if form else taken
    text = "".join(piece.content for piece in pieces if isinstance(piece, Text))
    if form is not None and (value := shaped(text, form)) is not None:
        text, taken = value, taken | {"response_format"}
    end = min((at for each in stop if (at := text.find(each)) >= 0), default=len(text))
    return list(_words(text[:end])), taken


def _composed(turn: Turn) -> Turn:
    """Return the turn with each of the user's accents as one character (NFC): positions need it."""
    if not isinstance(turn, UserTurn):
        return turn
    return replace(turn, content=unicodedata.normalize("NFC", turn.content))


def _report(conversation: Exchange, plan: Plan, language: Language) -> str:
    """Return the results as text, with the question that a part of the message still needs."""
    results = [(turn, conversation.use(turn.call_id)) for turn in conversation.results]
    text = report(results, language)
    if plan.calls and plan.question is not None:
        text += "\n\n" + replies.ask_back(language, plan.question)
    return text


def _words(text: str) -> Iterator[Text]:
    """Yield the text word by word; the pieces joined are the text."""
    for match in _WORD.finditer(text):
        yield Text(match[0])


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_PER_TOKEN)


def _length(request: ModelRequest) -> int:
    """Return the characters of the request: system prompt, turns and calls, without the tools."""
    length = len(request.system)
    for turn in request.turns:
        length += len(turn.content)
        if isinstance(turn, AssistantTurn):
            length += sum(len(use.tool) + len(str(use.arguments)) for use in turn.tool_uses)
    return length
