"""Versioned formats of stored JSON, so that rows of older versions can always be read.

The format's version is a prefix that no JSON has: ``2:{"a":1}``. Text without one is of version 1.
To change a format, write the new form and give its `Format` a function that upgrades the form
before; rows stay as they are until they are written again. A row of a newer version is an error of
that row.
"""

import logging
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from adapters.persistence.engine.codec import from_text, to_text

T = TypeVar("T", dict[str, Any], list[Any])

Upgrade = Callable[[Any], Any]
"""Converts a value of one version of a format into the next."""

_log = logging.getLogger(__name__)
_NUMBERED: Final = re.compile(r"([0-9]{1,9}):")


class Format:
    """The format of one kind of value. ``upgrades`` lead from version 1 to the current one."""

    def __init__(self, *upgrades: Upgrade) -> None:
        self._upgrades = upgrades
        self._number = len(upgrades) + 1
        self._prefix = f"{self._number}:" if upgrades else ""

    def write(self, value: Any) -> str:
        """Serialize a value in the current form."""
        return self._prefix + to_text(value)

    def read(self, text: str) -> Any:
        """Deserialize a value, and upgrade it to the current form.

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
        """Return what `read` does, or ``otherwise`` if it fails or gives another type.

        One unreadable row must not hide the others.
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


def as_stored(text: str) -> Any:
    """Return the value in a stored text of any format, in the form it was written in.

    A text that is no JSON, or cannot be read, is returned as it is.
    """
    numbered = _NUMBERED.match(text)
    try:
        return from_text(text if numbered is None else text[numbered.end() :])
    except (ValueError, RecursionError):
        return text


EVENTS: Final = Format()
"""The bodies of events of one append."""

CALLS: Final = Format()
"""The tool calls of an answer."""

RESULTS: Final = Format()
"""The outcomes of tool calls."""

OUTCOME: Final = Format()
"""The outcome of a run."""

ARGUMENTS: Final = Format()
"""The arguments of a call, in consents and in the audit."""

CONSENT_FORM: Final = Format()
"""What a consent request shows beyond its columns."""

VALUES: Final = Format()
"""The values that answer a tool's question."""

PLUGIN_VALUE: Final = Format()
"""A value of a plugin's storage."""

CONFIGURATION: Final = Format()
"""The configuration, with the rules of the policy."""

SAMPLING: Final = Format()
"""The sampling parameters of a conversation."""

API_SETTINGS: Final = Format()
"""The operator's settings of a learned API."""

API_SCHEMES: Final = Format()
"""The security schemes of an API's document."""

OPERATION: Final = Format()
"""An operation of a learned API."""

CREDENTIALS: Final = Format()
"""The names of the security schemes for which credentials are stored."""

FIGURES: Final = Format()
"""A plugin's figures."""

ALERT: Final = Format()
"""The details of an alert."""

SAMPLE_LABELS: Final = Format()
"""The values of a metric's labels."""

FAILING: Final = Format()
"""The failing providers of a worker's heartbeat."""

LOG_METADATA: Final = Format()
"""What a log entry says beyond its message."""
NOTICE: Final = Format()
"""The data of a notice, in a delivery to a webhook."""
