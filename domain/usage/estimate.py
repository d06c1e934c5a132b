"""The estimate of what a step may take, which is held until it is known what it took."""

from collections.abc import Iterable
from typing import Final

from domain.models.messages import (
    AssistantTurn,
    ModelChoice,
    ModelRequest,
    ToolTurn,
    Turn,
    Usage,
    UserTurn,
)
from domain.models.prices import Prices, nano_usd
from domain.usage.budgets import Amount

ANSWER_TOKENS: Final = 4_096  # of an answer, where the request sets no limit
_BYTES: Final = 4  # of UTF-8 for a token: letters of a word, or one and a third of Chinese


def estimated(request: ModelRequest, choices: Iterable[ModelChoice], prices: Prices) -> Amount:
    """Return what the answer to a request may take, from the dearest of these models.

    A model whose price is not known costs nothing.
    """
    texts = [request.system, *(text for turn in request.turns for text in _texts(turn))]
    size = sum(len(text.encode(errors="replace")) for text in texts)
    asked = -(-size // _BYTES) + sum(tool.tokens for tool in request.tools)
    answer = request.sampling.max_output_tokens or ANSWER_TOKENS
    usage = Usage(asked, answer)
    costs = (prices.cost(choice.provider, choice.model, usage) for choice in choices)
    return Amount(asked + answer, max((nano_usd(cost) for cost in costs if cost), default=0))


def _texts(turn: Turn) -> Iterable[str]:
    match turn:
        case UserTurn() | ToolTurn():
            return (turn.content,)
        case AssistantTurn():
            return (turn.content, *(f"{use.tool} {use.arguments}" for use in turn.tool_uses))
