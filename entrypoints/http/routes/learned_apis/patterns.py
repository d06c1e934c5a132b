"""What clients send, and see, of what an operator says of all operations that fit a pattern."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from domain.learning.fixed_arguments import Values
from domain.learning.patterns import EffectRule
from domain.learning.settings import ApiSettings
from domain.tools.tool import Effect
from entrypoints.http.fields import RequestBody

Pattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="`POST /find*`, a path `/find*`, or an operation id `find*`; `*` is any text.",
    ),
]


class EffectRuleBody(RequestBody):
    """The effect of all operations that fit a pattern."""

    pattern: Pattern
    effect: Literal["read", "write", "destructive"]

    def record(self) -> EffectRule:
        """Return it as the core has it."""
        return EffectRule(self.pattern, Effect(self.effect))


EffectRules = Annotated[
    list[EffectRuleBody],
    Field(
        max_length=500,
        description="Effects by pattern; the first that fits counts, an override before it.",
    ),
]
FixedArguments = Annotated[
    dict[Pattern, Annotated[dict[str, Any], Field(max_length=100)]],
    Field(
        max_length=500,
        description="Arguments that are yours, by pattern of operations (`*`: all), then by name "
        "(`units`; `body.account` is a property of the body). No model sees or sets them. Kept "
        "encrypted, and never shown.",
    ),
]


class EffectRuleView(BaseModel):
    """The effect of all operations that fit a pattern."""

    pattern: str
    effect: Literal["read", "write", "destructive"]


class PatternsView(BaseModel):
    """What is said of all operations that fit a pattern."""

    effects: list[EffectRuleView]
    fixed_arguments: dict[str, list[str]] = Field(
        description="The names of the arguments that are fixed, by pattern of operations."
    )


def patterns_view(settings: ApiSettings) -> dict[str, Any]:
    """Return what is said by pattern; of fixed arguments the names."""
    return {
        "effects": [{"pattern": each.pattern, "effect": each.effect} for each in settings.effects],
        "fixed_arguments": {pattern: list(names) for pattern, names in settings.fixed.items()},
    }


def fixed_values(given: FixedArguments | None) -> Values | None:
    """Return the values as the core has them; what fixes nothing is left out."""
    return None if given is None else {pattern: fixed for pattern, fixed in given.items() if fixed}
