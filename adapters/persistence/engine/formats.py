"""The forms of what is stored as JSON, each kind with a number, so that old rows are always read.

The number stands in front of the text, where no JSON can have one: ``2:{"a":1}``. Text without a
number is of form 1. To change how a kind is stored, write the new form and give the kind's `Format`
a function that makes it out of the form before; the rows stay as they are until they are written
again. What a newer version wrote cannot be read, and is told so, row by row.
"""

import logging
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from adapters.persistence.engine.codec import from_text, to_text

T = TypeVar("T", dict[str, Any], list[Any])

Upgrade = Callable[[Any], Any]
"""Makes the next form out of a value of the form before."""

_log = logging.getLogger(__name__)
_NUMBERED: Final = re.compile(r"([0-9]{1,9}):")


class Format:
    """How values of one kind are stored. ``upgrades`` lead from form 1 to the one of today."""

    def __init__(self, *upgrades: Upgrade) -> None:
        self._upgrades = upgrades
        self._number = len(upgrades) + 1
        self._prefix = f"{self._number}:" if upgrades else ""

    def write(self, value: Any) -> str:
        """Return a JSON value of today's form as text."""
        return self._prefix + to_text(value)

    def read(self, text: str) -> Any:
        """Return a stored JSON value in today's form, whichever it was written in.

        Raises:
            ValueError: it is no JSON, or of a newer version.
            RecursionError: it is nested deeper than Python can read.

        """
        if (numbered := _NUMBERED.match(text)) is None:
            return self._upgraded(from_text(text), 1)
        number = int(numbered[1])
        if number > self._number:
            raise ValueError(f"a newer version wrote it: form {number}, and {self._number} is ours")
        return self._upgraded(from_text(text[numbered.end() :]), number)

    def readable(self, text: str, otherwise: T) -> T:
        """Return what `read` does; ``otherwise``, if what is kept is none like it.

        One row that cannot be read is no reason to show none of the others.
        """
        try:
            value = self.read(text)
        except (ValueError, RecursionError) as error:
            _log.error("a stored value cannot be read: %s", error)
            return otherwise
        if isinstance(value, type(otherwise)):
            return value
        _log.error("a stored value is not what it should be")
        return otherwise

    def _upgraded(self, value: Any, number: int) -> Any:
        for upgrade in self._upgrades[number - 1 :]:
            value = upgrade(value)
        return value


EVENTS: Final = Format()
"""The bodies of events that were appended together (`bodies`)."""

CALLS: Final = Format()
"""The calls of an answer."""

RESULTS: Final = Format()
"""What came of them."""

OUTCOME: Final = Format()
"""What came of a run."""

ARGUMENTS: Final = Format()
"""The arguments of a call, as a person is asked about them and as the audit has them."""

CONFIGURATION: Final = Format()
"""What operators changed, the rules of the policy among it."""

API_SETTINGS: Final = Format()
"""What operators want of a learned API."""

API_SCHEMES: Final = Format()
"""The ways to be let in that an API's document names."""

OPERATION: Final = Format()
"""What is told of an operation of a learned API."""

CREDENTIALS: Final = Format()
"""The names of what there are credentials for."""

FIGURES: Final = Format()
"""What a plugin counted."""

ALERT: Final = Format()
"""The details of an alert."""

FAILING: Final = Format()
"""The providers that a worker cannot reach."""
