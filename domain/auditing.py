"""What is written down of every decision about a call."""

from datetime import datetime

from domain.consents import digest_of
from domain.identity import User
from domain.ids import new_id
from domain.ports.audit import Decided
from domain.runs import Call


def decided(user: User, run_id: str, call: Call, decision: str, rule: str, at: datetime) -> Decided:
    """Return the record of what the policy, or a plugin, decided about a call."""
    return Decided(
        id=new_id(),
        at=at,
        user_id=user.id,
        username=user.username,
        run_id=run_id,
        call_id=call.id,
        tool=call.tool,
        effect=call.effect,
        params=call.params,
        digest=digest_of(call.tool, call.version, call.params),
        decision=decision,
        rule=rule,
    )
