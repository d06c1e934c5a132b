"""What is written down of every decision about a call."""

from datetime import datetime

from domain.consents import Consent, digest_of
from domain.identity import User
from domain.ids import new_id
from domain.ports.audit import Decided
from domain.runs import Call


def decided(user: User, run_id: str, call: Call, decision: str, rule: str, at: datetime) -> Decided:
    """Return the record of what the policy decided about a call."""
    digest = digest_of(call.tool, call.version, call.params)
    return _record(user, (run_id, call.id, digest), call, (decision, rule), at)


def answered(user: User, consent: Consent, at: datetime) -> Decided:
    """Return the record of what a human decided about a call."""
    rule = f"{user.username} answered the request {consent.id}"
    place = (consent.run_id, consent.call_id, consent.digest)
    return _record(user, place, consent, (consent.status, rule), at)


def _record(
    user: User,
    place: tuple[str, str, str],
    about: Call | Consent,
    said: tuple[str, str],
    at: datetime,
) -> Decided:
    (run_id, call_id, digest), (decision, rule) = place, said
    return Decided(
        id=new_id(),
        at=at,
        user_id=user.id,
        username=user.username,
        run_id=run_id,
        call_id=call_id,
        tool=about.tool,
        effect=about.effect,
        params=about.params,
        digest=digest,
        decision=decision,
        rule=rule,
    )
