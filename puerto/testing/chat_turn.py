"""The outcome of one message to a service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """The outcome of a message. ``events`` are those that clients see, in order.

    ``status`` is ``completed``, ``failed``, ``cancelled`` or ``waiting_consent``.
    """

    events: Sequence[Mapping[str, Any]]

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return str(self.events[0]["run_id"])

    @property
    def conversation_id(self) -> str:
        """The id of the conversation; pass it to `chat` to continue."""
        return str(self.events[0]["conversation_id"])

    @property
    def status(self) -> str:
        """The status with which it ended."""
        return str(self.events[-1]["status"])

    @property
    def answer(self) -> str:
        """The whole text of the answer; empty if there is none."""
        return "".join(event["content"] for event in self._of("message"))

    @property
    def error(self) -> str:
        """The error message; empty if the run did not fail."""
        return "".join(event["error"]["message"] for event in self._of("error"))

    @property
    def tool_calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The tool calls of the model: name and arguments of each."""
        return [(event["tool"], event["params"]) for event in self._of("tool_call")]

    @property
    def results(self) -> list[Any]:
        """The results of the calls, or ``{code, message, details}`` of their errors."""
        return [event.get("result", event.get("error")) for event in self._of("tool_result")]

    def _of(self, kind: str) -> list[Mapping[str, Any]]:
        return [event for event in self.events if event["type"] == kind]
