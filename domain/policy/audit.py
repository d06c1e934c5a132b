"""The port to the audit: the record of every decision about a tool call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.shared.paging import Page


@dataclass(frozen=True, slots=True)
class Decided:
    """An audit record: one decision about one call, by the policy, a human or a plugin.

    It is never changed, and deleted only at the age that the operator sets. ``decision`` is allow,
    ask or deny of the policy, a `ConsentStatus` of a human, or ``veto`` or ``veto_ask`` of a
    plugin, which forbids the call or has a human asked, or ``tool_ask``: the tool itself asks its
    user. ``rule`` is the reason, in words; ``digest`` is that of tool, version and arguments.
    """

    id: str
    at: datetime
    user_id: str
    username: str
    run_id: str
    call_id: str
    tool: str
    effect: str
    params: Any
    digest: str
    decision: str
    rule: str


class Audit(Protocol):
    """The append-only record of every decision."""

    async def record(self, decisions: Sequence[Decided]) -> None:
        """Append decisions, in one write."""
        ...

    async def page(self, limit: int, cursor: str | None) -> Page[Decided]:
        """Return decisions, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...
