"""What may run: operators' rules first, then effect classes against the autonomy level."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from domain.tools.tool import Effect


class Autonomy(StrEnum):
    """How much the agent may do without asking: nothing, reading, or everything."""

    MANUAL = "manual"
    SEMI = "semi"
    FULL = "full"


class Decision(StrEnum):
    """What the policy says of one call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and the rule that it comes from, in words."""

    decision: Decision
    rule: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call that the policy is asked about. ``user`` is the user name it is made for."""

    tool: str
    effect: Effect
    arguments: Mapping[str, Any]
    user: str


Veto = Callable[[Proposal], Awaitable[str | None]]
"""Returns why a call must not be made, or None. It can forbid a call, never allow one."""


class Comparison(StrEnum):
    """How a condition looks at an argument."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    LIKE = "like"  # a pattern with * and ?, as in file names
    ABOVE = "above"
    BELOW = "below"
    PRESENT = "present"  # value true: the argument is given; false: it is not


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold of one argument, named by a dotted path such as ``to.street``."""

    argument: str
    test: Comparison
    value: Any = True

    def holds(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether it holds. What cannot be compared does not."""
        found, given = _look_up(arguments, self.argument)
        match self.test:
            case Comparison.PRESENT:
                return given is bool(self.value)
            case Comparison.EQUALS:
                return given and found == self.value
            case Comparison.NOT_EQUALS:
                return not (given and found == self.value)
            case Comparison.LIKE:
                return given and fnmatchcase(str(found), str(self.value))
            case Comparison.ABOVE | Comparison.BELOW:
                return given and _compare(found, self.value, self.test)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an operator's policy; what is not given matches everything.

    ``tool`` and ``user`` are patterns with ``*`` and ``?``; all ``arguments`` must hold.
    """

    decision: Decision
    name: str = ""
    tool: str = "*"
    effect: Effect | None = None
    user: str = "*"
    arguments: Sequence[Condition] = ()

    def matches(self, proposal: Proposal) -> bool:
        """Tell whether the rule speaks of this call."""
        return (
            fnmatchcase(proposal.tool, self.tool)
            and self.effect in {None, proposal.effect}
            and fnmatchcase(proposal.user, self.user)
            and all(condition.holds(proposal.arguments) for condition in self.arguments)
        )


_FREE: Final = {
    Autonomy.MANUAL: frozenset[Effect](),
    Autonomy.SEMI: frozenset({Effect.READ}),
    Autonomy.FULL: frozenset(Effect),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in their order, and the autonomy level that decides where none matches."""

    autonomy: Autonomy
    rules: Sequence[Rule] = ()

    def judge(self, proposal: Proposal) -> Verdict:
        """Return what is to become of a call: the first matching rule says."""
        for place, rule in enumerate(self.rules, 1):
            if rule.matches(proposal):
                title = f" ({rule.name})" if rule.name else ""
                return Verdict(rule.decision, f"rule {place}{title}")
        free = proposal.effect in _FREE[self.autonomy]
        return Verdict(
            Decision.ALLOW if free else Decision.ASK,
            f"autonomy level {self.autonomy}, tool of effect {proposal.effect}",
        )


def _look_up(arguments: Mapping[str, Any], path: str) -> tuple[Any, bool]:
    value: Any = arguments
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None, False
        value = value[name]
    return value, True


def _compare(found: Any, limit: Any, test: Comparison) -> bool:
    numbers = (int, float)
    if isinstance(found, bool) or not isinstance(found, numbers) or not isinstance(limit, numbers):
        return False
    return found > limit if test is Comparison.ABOVE else found < limit
