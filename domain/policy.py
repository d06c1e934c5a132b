"""What may run unasked: effect classes meet the autonomy level."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.tools import Effect


class Autonomy(StrEnum):
    """How much the agent may do without asking: nothing, reading, or everything."""

    MANUAL = "manual"
    SEMI = "semi"
    FULL = "full"


class Decision(StrEnum):
    """What the policy says of one call."""

    ALLOW = "allow"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and the rule that it comes from, in words."""

    decision: Decision
    rule: str


_FREE: Final = {
    Autonomy.MANUAL: frozenset[Effect](),
    Autonomy.SEMI: frozenset({Effect.READ}),
    Autonomy.FULL: frozenset(Effect),
}


def judge(effect: Effect, autonomy: Autonomy) -> Verdict:
    """Say whether a call with this effect may run at this autonomy level."""
    decision = Decision.ALLOW if effect in _FREE[autonomy] else Decision.ASK
    return Verdict(decision, f"autonomy level {autonomy}: {decision} for tools of effect {effect}")
