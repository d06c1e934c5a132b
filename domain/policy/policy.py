"""The policy of tool calls: the operator's rules first, else the effect and the autonomy level."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from domain.accounts.users import Role
from domain.tools.preview import Preview
from domain.tools.tool import Effect


class Autonomy(StrEnum):
    """How much the agent may do without asking: nothing, reading, or everything."""

    MANUAL = "manual"
    SEMI = "semi"
    FULL = "full"


class Decision(StrEnum):
    """The policy's decision about one call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and the rule that made it, in words."""

    decision: Decision
    rule: str


class CallSource(StrEnum):
    """Where a call comes from: a model that answers a message, or a client that made it itself."""

    CHAT = "chat"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A call to be judged by the policy and by plugins' vetoes.

    The policy's rules need the first four fields; ``user`` is the name of the user of the run. A
    direct call has no ``conversation_id``, the general agent no ``agent``, and a call that is only
    explained no run. ``plugin`` is the one that the tool belongs to, ``preview`` what the tool
    itself says of the call. ``cost_usd`` and the tokens are those of the run so far; None means
    that the cost is not known.
    """

    tool: str
    effect: Effect
    arguments: Mapping[str, Any]
    user: str
    user_id: str = ""
    role: Role = Role.USER
    conversation_id: str | None = None
    run_id: str | None = None
    agent: str | None = None
    source: CallSource = CallSource.CHAT
    plugin: str = ""
    preview: Preview | None = None
    cost_usd: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Deny:
    """A veto's answer: the call must not be made. The model is told the reason, too."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A veto's answer: a human must approve the call, also where the policy would allow it."""

    reason: str


Veto = Callable[[Proposal], Awaitable[Deny | Ask | str | None]]
"""Returns what it has against a call, or None; text alone means `Deny`.

It can tighten what the policy says, never loosen it.
"""


class Comparison(StrEnum):
    """The operator with which a condition compares an argument."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    LIKE = "like"  # a pattern with * and ?, as in file names
    ABOVE = "above"
    BELOW = "below"
    PRESENT = "present"  # value true: the argument is given; false: it is not


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one argument, named by a dotted path such as ``to.street``."""

    argument: str
    test: Comparison
    value: Any = True

    def holds(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether the condition holds; False where the values cannot be compared."""
        value, is_given = _look_up(arguments, self.argument)
        match self.test:
            case Comparison.PRESENT:
                return is_given is bool(self.value)
            case Comparison.EQUALS:
                return is_given and value == self.value
            case Comparison.NOT_EQUALS:
                return not (is_given and value == self.value)
            case Comparison.LIKE:
                return is_given and fnmatchcase(str(value), str(self.value))
            case Comparison.ABOVE | Comparison.BELOW:
                return is_given and _compare(value, self.value, self.test)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the operator's policy; an omitted field matches everything.

    ``tool`` and ``user`` are patterns with ``*`` and ``?``; all ``arguments`` must hold.
    """

    decision: Decision
    name: str = ""
    tool: str = "*"
    effect: Effect | None = None
    user: str = "*"
    arguments: Sequence[Condition] = ()

    def matches(self, proposal: Proposal) -> bool:
        """Tell whether the rule applies to this call."""
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
        """Return the verdict on a call: the first matching rule decides."""
        for place, rule in enumerate(self.rules, 1):
            if rule.matches(proposal):
                title = f" ({rule.name})" if rule.name else ""
                return Verdict(rule.decision, f"rule {place}{title}")
        free = proposal.effect in _FREE[self.autonomy]
        return Verdict(
            Decision.ALLOW if free else Decision.ASK,
            f"autonomy level {self.autonomy}, tool of effect {proposal.effect}",
        )


def confirmed(verdict: Verdict, arguments: Sequence[str]) -> Verdict:
    """Return the verdict on a call of which a human must type these arguments again.

    Such a call is never allowed unasked; a denial stays.
    """
    if not arguments or verdict.decision is Decision.DENY:
        return verdict
    why = f"the tool requires {', '.join(arguments)} to be typed again"
    return tightened(verdict, Verdict(Decision.ASK, why))


def tightened(verdict: Verdict, plugins: Verdict) -> Verdict:
    """Return the policy's verdict with what plugins say; they never loosen it."""
    if plugins.decision is Decision.ALLOW:
        return verdict
    if Decision.ASK is verdict.decision is plugins.decision:
        return Verdict(Decision.ASK, f"{verdict.rule}; {plugins.rule}")
    return plugins


def _look_up(arguments: Mapping[str, Any], path: str) -> tuple[Any, bool]:
    value: Any = arguments
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None, False
        value = value[name]
    return value, True


def _compare(value: Any, limit: Any, test: Comparison) -> bool:
    numbers = (int, float)
    if isinstance(value, bool) or not isinstance(value, numbers) or not isinstance(limit, numbers):
        return False
    return value > limit if test is Comparison.ABOVE else value < limit
