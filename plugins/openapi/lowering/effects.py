"""What a call of an operation does to the world, as its method and its words tell."""

from typing import Final

from domain.tools.tool import Effect
from plugins.openapi.lowering.verbs import said_effect
from plugins.openapi.operation import Operation
from plugins.openapi.reserved import takes_idempotency_key

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_DESTROYS: Final = frozenset({"DELETE", "PURGE"})


def effect_of(operation: Operation) -> Effect:
    """Return the effect class: what the method does, or the words say, whichever is worse."""
    said = said_effect(operation)
    if operation.method in _DESTROYS or said is Effect.DESTRUCTIVE:
        return Effect.DESTRUCTIVE
    return said if operation.method in _READS else Effect.WRITE


def is_idempotent(operation: Operation) -> bool:
    """Tell whether the API says that it makes a call once, however often it is sent.

    It does where it takes a key that names the call. HTTP's word for methods (RFC 9110, 9.2.2)
    is none: between two PUTs of one price somebody else may have set another.
    """
    return takes_idempotency_key(operation)
