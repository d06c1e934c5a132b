"""Effect class and idempotency of an operation, by its method and its words."""

from typing import Final

from domain.tools.tool import Effect
from plugins.openapi.lowering.verbs import said_effect
from plugins.openapi.operation import Operation
from plugins.openapi.reserved import takes_idempotency_key

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_DESTROYS: Final = frozenset({"DELETE", "PURGE"})


def effect_of(operation: Operation) -> Effect:
    """Return the worse of the effects that the method and the words of an operation imply."""
    by_words = said_effect(operation)
    if operation.method in _DESTROYS or by_words is Effect.DESTRUCTIVE:
        return Effect.DESTRUCTIVE
    return by_words if operation.method in _READS else Effect.WRITE


def is_idempotent(operation: Operation) -> bool:
    """Return whether the API executes a call once, however often it is sent.

    It does if it takes an idempotency key. HTTP's idempotent methods (RFC 9110, 9.2.2) do not
    count: between two PUTs of one price somebody else may have set another.
    """
    return takes_idempotency_key(operation)
