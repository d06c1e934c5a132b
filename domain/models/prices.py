"""The prices of models, and the cost of an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.models.messages import Usage

_MILLION: Final = 1_000_000
NANO: Final = 1_000_000_000
_EDITION: Final = re.compile(
    r"-(?:latest|20\d\d(-?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01]))\Z", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price in US dollars for a million tokens.

    It holds for requests of up to ``up_to`` input tokens; None: without a limit.
    """

    input: float
    cached_input: float
    output: float
    up_to: int | None = None

    def of(self, usage: Usage) -> float | None:
        """Return the cost of these tokens in US dollars; None where the price does not hold."""
        if self.up_to is not None and usage.input_tokens > self.up_to:
            return None
        fresh = max(0, usage.input_tokens - usage.cached_tokens)
        return (
            fresh * self.input
            + usage.cached_tokens * self.cached_input
            + usage.output_tokens * self.output
        ) / _MILLION


class Prices:
    """The table of known prices, by provider and model."""

    def __init__(self, table: Mapping[str, Mapping[str, Price]]) -> None:
        self._table = table

    def cost(self, provider: str, model: str, usage: Usage) -> float | None:
        """Return what an answer cost in US dollars; None where the price is not known.

        The date of a dated edition is ignored: ``gpt-5-mini-2025-08-07`` costs what ``gpt-5-mini``
        does; but ``gpt-5-mini-high`` may be any model.
        """
        models = self._table.get(provider, {})
        price = models.get(model) or models.get(_without_edition(model))
        return None if price is None else price.of(usage)


def nano_usd(cost_usd: float) -> int:
    """Return a cost in billionths of a US dollar, in which costs are added up exactly.

    A price of up to three decimals for a million tokens is a whole number of them for each token.
    """
    return round(cost_usd * NANO)


def in_usd(nano: int) -> float:
    """Return an amount in US dollars."""
    return nano / NANO


def _without_edition(model: str) -> str:
    return _EDITION.sub("", model)
