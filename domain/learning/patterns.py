"""Patterns that name operations, and the effects that an operator gives to all that fit one."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from domain.tools.tool import Effect


@dataclass(frozen=True, slots=True)
class EffectRule:
    """The effect of all operations that fit a pattern."""

    pattern: str
    effect: Effect


def fits(pattern: str, operation: str, operation_id: str) -> bool:
    """Tell whether a pattern names an operation, where ``*`` stands for any text.

    It is compared with the operation (``POST /pets/*``), with its path (``/pets/*``), and with its
    operation id (``find*``).
    """
    names = (operation, operation.partition(" ")[2], operation_id)
    return any(fnmatchcase(name, pattern) for name in names if name)


def effect_by(rules: Iterable[EffectRule], operation: str, operation_id: str) -> Effect | None:
    """Return the effect by the first rule that names the operation, None if there is none."""
    fitting = (rule.effect for rule in rules if fits(rule.pattern, operation, operation_id))
    return next(fitting, None)
