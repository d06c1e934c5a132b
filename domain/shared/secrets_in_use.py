"""The secret values that this process uses, so that whatever is logged can do without them."""

import json
import threading
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

HIDDEN: Final = "***"
SHORTEST: Final = 8  # characters; shorter values occur in other text by chance
MOST: Final = 256  # values: each costs a search in every line of the log


class SecretsInUse:
    """The secret values that were used last, at most `MOST` of them. Thread-safe.

    A value is added whenever it is used, so one that was displaced comes back with its next use.
    """

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, ...]] = {}
        self._hidden: tuple[str, ...] = ()
        self._changing = threading.Lock()

    def add(self, values: Iterable[str]) -> None:
        """Hide these values from now on, unless they are shorter than 8 characters."""
        known = self._forms
        if not (new := [each for each in values if each not in known and len(each) >= SHORTEST]):
            return
        with self._changing:
            forms = {**self._forms, **{value: forms_of_secret(value) for value in new}}
            self._forms = dict([*forms.items()][-MOST:])
            hidden = {form for each in self._forms.values() for form in each}
            self._hidden = tuple(sorted(hidden, key=len, reverse=True))

    def hide(self, text: str) -> str:
        """Replace the values in a text by stars."""
        for secret in self._hidden:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        return text


def forms_of_secret(value: str) -> tuple[str, ...]:
    """Return a value as it is, as a URL has it, and as Python and JSON quote it."""
    quoted = (quote(value), quote(value, safe=""), repr(value)[1:-1], json.dumps(value)[1:-1])
    return tuple(dict.fromkeys((value, *quoted)))


IN_USE: Final = SecretsInUse()
"""The values of this process, as a log is a process's, too."""
