"""Request and response bodies of settings by pattern of operations: effects, fixed arguments."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from domain.learning.api.fixed_arguments import Values
from domain.learning.api.patterns import EffectRule
from domain.learning.api.settings import ApiSettings
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
        """Return the record for the use case."""
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
        "(`units`; `body.auth.token` is a property of an object in the body). No model sees or "
        "sets them. Kept encrypted, and never shown.",
    ),
]


class EffectRuleView(BaseModel):
    """The effect of all operations that fit a pattern."""

    pattern: str
    effect: Literal["read", "write", "destructive"]


class PatternsView(BaseModel):
    """Settings of all operations that match a pattern."""

    effects: list[EffectRuleView]
    fixed_arguments: dict[str, list[str]] = Field(
        description="The names of the arguments that are fixed, by pattern of operations."
    )


def patterns_view(settings: ApiSettings) -> dict[str, Any]:
    """Encode the settings by pattern; of fixed arguments only the names."""
    return {
        "effects": [{"pattern": each.pattern, "effect": each.effect} for each in settings.effects],
        "fixed_arguments": {pattern: list(names) for pattern, names in settings.fixed.items()},
    }


def fixed_values(fixed: FixedArguments | None) -> Values | None:
    """Return the fixed arguments for the use case, without patterns that fix nothing."""
    return None if fixed is None else {pattern: each for pattern, each in fixed.items() if each}
