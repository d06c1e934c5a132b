"""Answers to consent requests, and the callback that gives them."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent_client.records import ConsentRequest


@dataclass(frozen=True, slots=True)
class ConsentReply:
    """An answer to a consent request; anything but ``approved=True`` is a no.

    ``arguments`` take the place of those that were asked for; ``confirm`` holds those that must be
    typed again; ``values`` answer a tool's question (kind ``input``); ``outcome`` says what became
    of an interrupted call (kind ``outcome``): ``done``, ``not_done`` or ``try_again``.
    """

    approved: bool = False
    reason: str = ""
    arguments: Mapping[str, Any] | None = None
    confirm: Mapping[str, Any] | None = None
    values: Mapping[str, Any] | None = None
    outcome: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the body of the request that gives the answer."""
        others = {
            "arguments": self.arguments,
            "confirm": self.confirm,
            "values": self.values,
            "outcome": self.outcome,
        }
        given = {name: value for name, value in others.items() if value is not None}
        return {"approved": self.approved, "reason": self.reason, **given}


# True approves, False rejects, None leaves the request waiting.
Decision = ConsentReply | bool | None
OnConsent = Callable[[ConsentRequest], Decision | Awaitable[Decision]]


async def decide(callback: OnConsent, request: ConsentRequest) -> ConsentReply | None:
    """Return what the callback answers, None where it leaves the request waiting."""
    decision = callback(request)
    if inspect.isawaitable(decision):
        decision = await decision
    return ConsentReply(decision) if isinstance(decision, bool) else decision
