"""What is asked for in the kill storm, and what is remembered of it: plain records."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final, Self

TOOLS: Final = ("storm_read", "storm_write", "storm_idempotent")

RULES: Final = [
    {
        "decision": "allow",
        "tool": "storm_*",
        "arguments": [{"argument": "mode", "test": "equals", "value": "free"}],
    },
    {
        "decision": "deny",
        "tool": "storm_*",
        "arguments": [{"argument": "mode", "test": "equals", "value": "never"}],
    },
]
"""The operator's policy: beside it, the autonomy level ``semi`` asks before each write."""


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A call that the model is to make; ``arguments["key"]`` is its own in the whole storm."""

    tool: str
    arguments: dict[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A message: the calls of each step; ``words`` before each, ``pause`` seconds apart."""

    name: str
    words: int
    pause: float
    steps: tuple[tuple[WantedCall, ...], ...]

    @classmethod
    def made(cls, name: str, chance: Random) -> Self:
        """Return a plan of that name."""
        sizes = [chance.randint(1, 3) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        steps = tuple(
            tuple(wanted(f"{name}.{step}.{place}", chance) for place in range(size))
            for step, size in enumerate(sizes)
        )
        return cls(name, chance.randint(3, 25), chance.choice((0.003, 0.01, 0.03)), steps)

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the plan that a message is."""
        data = json.loads(text)
        steps = tuple(tuple(WantedCall(**call) for call in step) for step in data.pop("steps"))
        return cls(**data, steps=steps)

    def text(self) -> str:
        """Return it as a message."""
        return json.dumps(asdict(self))


def wanted(key: str, chance: Random) -> WantedCall:
    """Return a call of that key."""
    mode = chance.choices(("free", "usual", "never"), (6, 5, 1))[0]
    return WantedCall(chance.choice(TOOLS), {"key": key, "mode": mode, "note": ""})


def policy_says(tool: str, mode: str) -> str:
    """Return what is to become of a call before anyone is asked: allow, ask or deny."""
    if mode != "usual":
        return "allow" if mode == "free" else "deny"
    return "allow" if tool == "storm_read" else "ask"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a human says to a request; kept before it is sent, for it may count from then on."""

    call_id: str
    kind: str
    body: dict[str, Any]

    @property
    def allows(self) -> bool:
        """Tell whether the call may run."""
        return self.body.get("approved", False) or self.body.get("outcome") == "try_again"


@dataclass(slots=True)
class Message:
    """One message or direct call of a client: what was sent, and all that was heard.

    ``events`` are those received on any line, in their order, each with its cursor; ``ask`` is
    called with each request for consent.
    """

    name: str
    path: str
    body: dict[str, Any]
    ask: Callable[["Message", dict[str, Any]], None]
    run_id: str | None = None
    conversation_id: str | None = None
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    cancelled: bool = False
    status: str | None = None
    told: str | None = None  # the text of an answer in one piece
    complaints: list[str] = field(default_factory=list)

    @property
    def cursor(self) -> str | None:
        """The last event's."""
        return self.events[-1][0] if self.events else None

    def heard(self, cursor: str, event: dict[str, Any]) -> None:
        """Take in an event."""
        self.events.append((cursor, event))
        if event["type"] == "run":
            if self.run_id not in {None, event["run_id"]}:
                self.complaints.append(f"became two runs, {self.run_id} and {event['run_id']}")
            self.run_id, self.conversation_id = event["run_id"], event["conversation_id"]
        elif event["type"] == "consent_required":
            self.ask(self, event["consent_request"])
        elif event["type"] == "done" and event["status"] != "waiting_consent":
            self.status = event["status"]
