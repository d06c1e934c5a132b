"""How much it says that somebody says a word."""

import math


def rarity(count: int, total: int) -> float:
    """Return the weight of a term that ``count`` of ``total`` say (BM25's)."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
