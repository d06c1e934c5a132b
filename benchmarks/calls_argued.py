"""What documents say against themselves: each place, what it is taken to mean, and why.

A request that the document does not allow is judged again by the document as it is meant; if it
is allowed then, it is argued rather than malformed.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from calls_original import Original

_FILE: Final = Path(__file__).with_name("calls_argued.json")


def as_meant(name: str, tree: Mapping[str, Any]) -> Original:
    """Return a document as it is meant.

    Raises:
        LookupError: the place that is argued is not in the document.

    """
    argued = [each for each in json.loads(_FILE.read_text()) if each["document"] in ("*", name)]
    meant = deepcopy(tree)
    for each in argued:
        for pointer in each.get("places", ()):
            *steps, last = [
                step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]
            ]
            place: Any = meant
            for step in steps:
                place = place[int(step) if isinstance(place, list) else step]
            _change(place, last, each["meant"])
        for keyword, value in each.get("nowhere", {}).items():
            _remove(meant, keyword, value)
    return Original(meant, nullable=True)


def _change(place: Any, last: str, meant: Any) -> None:
    schema = place[int(last) if isinstance(place, list) else last]
    for keyword, value in meant.items():
        if value is None:
            schema.pop(keyword)
        elif isinstance(value, str) and value.startswith("="):  # what another keyword said
            schema[keyword] = schema.pop(value[1:])
        else:
            schema[keyword] = value


def _remove(value: Any, keyword: str, said: Any) -> None:
    """Remove a keyword wherever it says that."""
    if isinstance(value, dict):
        if value.get(keyword) == said:
            del value[keyword]
        for each in value.values():
            _remove(each, keyword, said)
    elif isinstance(value, list):
        for each in value:
            _remove(each, keyword, said)
