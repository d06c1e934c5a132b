"""What a call of an operation does to the world, as its method and its name tell."""

import re
from typing import Final

from domain.tools import Effect
from plugins.openapi.operation import Operation
from plugins.openapi.reserved import takes_idempotency_key

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_DESTROYS: Final = frozenset({"DELETE", "PURGE"})
_FINAL_WORDS: Final = frozenset(
    {"delete", "remove", "destroy", "purge", "terminate", "wipe", "erase"}
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def effect_of(operation: Operation) -> Effect:
    """Return the effect class; a method may promise less than a name such as ``/pets/delete``."""
    if operation.method in _DESTROYS or _FINAL_WORDS & _verbs(operation):
        return Effect.DESTRUCTIVE
    return Effect.READ if operation.method in _READS else Effect.WRITE


def is_idempotent(operation: Operation) -> bool:
    """Tell whether the API says that it makes a call once, however often it is sent.

    It does where it takes a key that names the call. HTTP's word for methods (RFC 9110, 9.2.2)
    is none: between two PUTs of one price somebody else may have set another.
    """
    return takes_idempotency_key(operation)


def _verbs(operation: Operation) -> set[str]:
    """Return the words that say what is done: the first of the id, those that end the path."""
    last = operation.path.rstrip("/").rpartition("/")[2]
    words = _words(last) if "{" not in last and operation.method != "GET" else []
    return {word.lower() for word in [*_words(operation.operation_id)[:1], *words]}


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
