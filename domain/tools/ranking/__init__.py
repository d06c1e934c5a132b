"""Ranks tools for a message where a catalogue is too large to show to a model whole."""

from domain.tools.ranking.index import ToolIndex

__all__ = ["ToolIndex"]
