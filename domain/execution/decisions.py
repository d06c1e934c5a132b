"""Audit records of decisions about calls."""

from datetime import datetime

from domain.accounts.users import User
from domain.consents.consent import digest_of
from domain.policy.audit import Decided
from domain.runs.run import Call
from domain.shared.ids import new_id


def decided(user: User, run_id: str, call: Call, decision: str, rule: str, at: datetime) -> Decided:
    """Return the audit record of a decision of the policy, or of a plugin, about a call."""
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
