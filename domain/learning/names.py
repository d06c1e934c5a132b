"""Unique names for the tools of an API."""

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from hashlib import sha256
from typing import Final

_LONGEST: Final = 64
_DIGITS: Final = 8
_SLUG: Final = 24
_PIECE: Final = re.compile(r"[_-]*(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|.)")


def slug(name: str) -> str:
    """Return an API's name as a slug of lower-case letters, digits and ``_``: ``pet_store``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_SLUG].strip("_")
    if not made:
        return "api"
    return made if made[0].isalpha() else f"api_{made}"


def without_middle(name: str, most: int = _LONGEST, *, verb: str = "") -> str:
    """Shorten a name to ``most`` characters: keep its first word (or ``verb``) and its end.

    The end of a name is its most specific part; the middle is shared with other names.
    """
    if len(name) <= most:
        return name
    first, *others = _PIECE.findall(name)
    first, end = verb or first, ""
    while others and len(first) + 1 + len((others[-1] + end).lstrip("_-")) <= most:
        end = others.pop() + end
    return f"{first}_{end.lstrip('_-')}"[:most].rstrip("_-")


def free_names(
    names: Mapping[str, str], taken: Container[str], api: str, *, kept: Iterable[str] = ()
) -> dict[str, str]:
    """Return a unique name for each operation's tool.

    ``names`` are the preferred ones. Only a taken name is changed: the API's slug is its prefix.
    The operations in ``kept`` keep theirs.
    """
    staying = set(kept)
    chosen = {operation: name for operation, name in names.items() if operation in staying}
    mine = set(names.values())
    for operation, name in names.items():
        if operation in chosen:
            continue
        if name in taken:
            before = f"{slug(api)}_"
            choices = (
                before + without_middle(name, _LONGEST - len(before)),
                _short(f"{before}{name[:30]}_{_digest(operation)}"),
                _short(f"{_digest(api + operation)}_{name}"),
            )
            name = next(  # noqa: PLW2901  the name that it gets instead
                each for each in choices if each not in taken and each not in mine
            )
            mine.add(name)
        chosen[operation] = name
    return chosen


def _short(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - _DIGITS - 1].rstrip('_-')}_{_digest(name)}"


def _digest(text: str) -> str:
    return "x" + sha256(text.encode()).hexdigest()[: _DIGITS - 1]
