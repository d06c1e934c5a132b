"""The port to the tools that plugins bring."""

from collections.abc import Sequence
from typing import Protocol

from domain.tools import Tool


class Toolbox(Protocol):
    """The tools at hand."""

    def tools(self) -> Sequence[Tool]:
        """Return the enabled tools, sorted by name."""
        ...

    def get(self, name: str) -> Tool:
        """Return one enabled tool.

        Raises:
            UnknownTool: no enabled tool has this name.

        """
        ...
