"""What golden clients check of an answer: exactly these fields, of these forms."""

import re
from collections.abc import Iterable
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)


def has_fields(value: dict[str, Any], shown: Iterable[str], besides: Iterable[str] = ()) -> None:
    """Check that an object has the fields that are shown, those besides, and no other."""
    assert value.keys() == {*shown, *besides}


def is_time(text: str) -> bool:
    """Tell whether a text is a time in UTC as the contract writes it."""
    return _TIME.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Tell whether a text is an id as the contract has it: a UUID of version 7."""
    return _ID.fullmatch(text) is not None
