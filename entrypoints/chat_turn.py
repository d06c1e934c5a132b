"""The outcome of one message, folded from the events that clients see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ChatTurn:
    """The outcome of a message so far. ``events`` are those that clients see, in order.

    ``status`` is ``completed``, ``failed``, ``cancelled`` or ``waiting_consent``. ``answer`` is the
    whole text, and ``error`` the message of the error; each is empty if there is none.
    ``tool_calls`` has the name and the arguments of each call of the model, ``results`` the results
    of the calls, or ``{code, message, details}`` of their errors. ``requests`` are the requests for
    consent; who answers one takes it out. ``nested`` are the ids of calls that tools made, of
    which there is nothing but in ``events``.
    """

    run_id: str = ""
    conversation_id: str = ""
    status: str = "failed"
    answer: str = ""
    error: str = ""
    tool_calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    nested: set[str] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_waiting(self) -> bool:
        """Whether the run waits for consent."""
        return self.status == "waiting_consent"

    def take(self, event: dict[str, Any]) -> None:
        """Update the outcome by the next event."""
        if self.events and self.events[-1]["type"] == "done":
            self.events.pop()  # the run waited, and goes on
        self.events.append(event)
        match event["type"]:
            case "run":
                self.run_id, self.conversation_id = event["run_id"], event["conversation_id"]
            case "tool_call" if "parent" in event:
                self.nested.add(event["id"])
            case "tool_call":
                self.tool_calls.append((event["tool"], event["params"]))
            case "tool_result" if event["id"] not in self.nested:
                self.results.append(event.get("result", event.get("error")))
            case "consent_required":
                self.requests.append(event["consent_request"])
            case "message":
                self.answer = event["content"]
            case "error":
                self.error = event["error"]["message"]
            case "done":
                self.status = event["status"]
