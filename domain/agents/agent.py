"""Agents: who answers, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Agent:
    """A role that a message can be addressed to.

    ``instructions`` stand before the conversation, in place of the general ones; ``tools`` are
    patterns (``*`` and ``?``) of the names of those that it may use.
    """

    name: str
    description: str
    instructions: str
    tools: Sequence[str] = ("*",)

    def may_use(self, tool: str) -> bool:
        """Tell whether the tool of that name is one of the agent's."""
        return any(fnmatchcase(tool, pattern) for pattern in self.tools)
