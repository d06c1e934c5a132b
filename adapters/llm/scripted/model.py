"""A model that plays a cassette: for tests, demonstrations and authors of plugins.

A cassette is a JSON list of answers::

    [
      {
        "pieces": [
          {"reasoning": "The user wants a sum."},
          {"delay": 0.5},
          {"tool": "calculator", "arguments": {"expression": "2+3"}}
        ],
        "usage": {"input_tokens": 12, "output_tokens": 7, "cached_tokens": 0}
      },
      {"pieces": [{"text": "That makes "}, {"text": "5."}], "stop": "end"},
      {"pieces": [{"error": {"reason": "rate_limited", "status": 429, "retry_after": 2}}]}
    ]

A piece is one of: ``text``; ``reasoning``; ``tool`` with ``arguments`` (none: an empty object), and
what came of it, ``result`` or ``error`` as ``{code, message, details, retryable}``, which this
player passes over: `puerto.testing` can replay it instead of running the tool;
``delay`` in seconds; ``error``, which ends the answer as a provider's failure does
(``reason`` is a `domain.shared.errors.ProviderReason`, ``truncated`` and ``timeout``; ``message``,
``status`` and ``retry_after`` may be left out). ``stop`` (``end``, ``tool_calls``,
``length``, ``refusal``) follows from the pieces where it is left out.

Which answer is played depends on the request alone: the first where the conversation holds no
answer of the model yet, the second where it holds one, and so on. An answer that asks for
tools counts as one, and so does what the model says of their results. So the player
remembers nothing, any number of conversations play at once, each from the start, and a
request made again gets the same answer.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import override

from adapters.llm.scripted.cassette import Answer, Delay, Failure, RecordedCall, load
from domain.models.messages import AssistantTurn, ModelRequest, Piece
from domain.models.ports import ChatModel
from domain.shared.errors import ProviderError, ProviderReason, ProviderTimeout

_NAME = "scripted"


class ScriptedChat(ChatModel):
    """Plays a cassette, given by its path or as data.

    Raises:
        Unavailable: there is no such file, or it is no cassette; the message says where.

    """

    def __init__(self, cassette: Path | str | Sequence[Any]) -> None:
        self._answers = load(cassette)

    @property
    @override
    def provider(self) -> str:
        return _NAME

    @property
    def recorded_calls(self) -> Sequence[RecordedCall]:
        """The calls with what came of them when they were recorded, in order."""
        steps = (step for answer in self._answers for step in answer)
        return [step for step in steps if isinstance(step, RecordedCall)]

    @override
    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer for this point of the conversation.

        Raises:
            ProviderError: the cassette says so, or has no answer for this point.

        """
        for step in self._answer_to(request):
            match step:
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                case Failure():
                    raise _error(step)
                case piece:
                    yield piece

    @override
    async def close(self) -> None:
        """Do nothing: nothing was opened."""

    def _answer_to(self, request: ModelRequest) -> Answer:
        place = sum(isinstance(turn, AssistantTurn) for turn in request.turns)
        if place < len(self._answers):
            return self._answers[place]
        raise ProviderError(
            f"The cassette has {len(self._answers)} answers, and the conversation is past them:"
            " record more, or start a new conversation.",
            provider=_NAME,
            reason=ProviderReason.REJECTED,
        )


def _error(failure: Failure) -> ProviderError:
    if failure.reason is ProviderReason.TIMEOUT:
        return ProviderTimeout(failure.message, provider=_NAME)
    return ProviderError(
        failure.message,
        provider=_NAME,
        reason=failure.reason,
        status=failure.status,
        retry_after=failure.retry_after,
    )
