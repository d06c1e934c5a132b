"""Agents: instructions and a set of tools under a name, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that a message can be addressed to.

    ``instructions`` are its system prompt, in place of the general one; ``tools`` are patterns
    (``*`` and ``?``) of the names of the tools that it may use.
    """

    name: str
    description: str
    instructions: str
    tools: Sequence[str] = ("*",)

    def may_use(self, tool: str) -> bool:
        """Tell whether a pattern of the agent's matches the tool's name."""
        return any(fnmatchcase(tool, pattern) for pattern in self.tools)
