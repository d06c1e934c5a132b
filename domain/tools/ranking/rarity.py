"""The inverse document frequency of a term."""

import math


def rarity(count: int, total: int) -> float:
    """Return the weight of a term that occurs in ``count`` of ``total`` documents (BM25's IDF)."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
