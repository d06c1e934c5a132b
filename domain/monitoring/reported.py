"""Validation of the metrics and alerts that plugins report."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.monitoring.alerts import Alert, Severity
from domain.shared.json_text import written
from domain.shared.json_values import TooLarge, normalized, storable
from domain.shared.text import shorten

KEY_LENGTH: Final = 500
TITLE_LENGTH: Final = 300
DETAILS_LENGTH: Final = 5_000
ALERTS_AT_MOST: Final = 5_000
FIGURES_AT_MOST: Final = 200


def read_figures(answer: Any) -> Mapping[str, float]:
    """Validate figures, and return them.

    Raises:
        TypeError: these are none, or too many.

    """
    if not isinstance(answer, Mapping) or len(answer) > FIGURES_AT_MOST:
        raise TypeError(f"figures are a mapping of at most {FIGURES_AT_MOST} names to numbers")
    return {_name(name): _number(name, value) for name, value in answer.items()}


def _name(name: Any) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= KEY_LENGTH or not name.isprintable():
        raise TypeError(f"a name or key is a text of 1 to {KEY_LENGTH} printable characters")
    return name


def _number(name: Any, value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"the figure {name!r} is no finite number")
    return float(value)


def read_alerts(answer: Any) -> Sequence[Alert]:
    """Validate alerts, and return them.

    Raises:
        TypeError: these are none, or too many, or hold what cannot be stored.

    """
    if not isinstance(answer, Sequence) or len(answer) > ALERTS_AT_MOST:
        raise TypeError(f"alerts are a list of at most {ALERTS_AT_MOST}")
    return [_alert(each) for each in answer]


def _alert(alert: Any) -> Alert:
    if not isinstance(alert, Alert):
        raise TypeError(f"{type(alert).__name__!r} is no Alert")
    title: Any = alert.title  # as a plugin may have filled it
    if not isinstance(title, str):
        raise TypeError("the title of an alert is a text")
    too_large = f"the details of an alert are at most {DETAILS_LENGTH} characters of JSON"
    try:
        details = normalized(dict(alert.details), size=DETAILS_LENGTH)
    except TooLarge as error:
        raise TypeError(too_large) from error
    if len(written(details)) > DETAILS_LENGTH:
        raise TypeError(too_large)
    return Alert(
        _name(alert.key),
        Severity(alert.severity),
        storable(shorten(str.__str__(title), TITLE_LENGTH)),
        details,
    )
