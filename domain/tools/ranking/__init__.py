"""Ranking of tools for a message (BM25F), for catalogues that are too large for a prompt."""

from domain.tools.ranking.index import ToolIndex

__all__ = ["ToolIndex"]
