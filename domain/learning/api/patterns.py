"""Patterns that match operations, and the effect rules that use them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from domain.tools.tool import Effect


@dataclass(frozen=True, slots=True)
class EffectRule:
    """An operator's rule: the effect of all operations that match a pattern."""

    pattern: str
    effect: Effect


def fits(pattern: str, operation: str, operation_id: str) -> bool:
    """Tell whether a pattern, in which ``*`` stands for any text, matches an operation.

    It is compared with the operation (``POST /pets/*``), with its path (``/pets/*``), and with its
    operation id (``find*``).
    """
    names = (operation, operation.partition(" ")[2], operation_id)
    return any(fnmatchcase(name, pattern) for name in names if name)


def effect_by(rules: Iterable[EffectRule], operation: str, operation_id: str) -> Effect | None:
    """Return the effect of the first rule that matches the operation, or None."""
    fitting = (rule.effect for rule in rules if fits(rule.pattern, operation, operation_id))
    return next(fitting, None)
