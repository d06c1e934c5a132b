"""Names for the tools of an API among those of all others."""

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
    """Return the name of an API in lower-case letters and digits: ``pet_store``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_SLUG].strip("_")
    if not made:
        return "api"
    return made if made[0].isalpha() else f"api_{made}"


def without_middle(name: str, most: int = _LONGEST, *, verb: str = "") -> str:
    """Return a name of at most that length: its first word, or the ``verb`` given, and its end.

    What a name is about stands at its end; the words between are those it shares with others.
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
    """Return a name for each operation that nobody else has.

    ``names`` are those that the operations would have. Only one that is taken is changed: the
    API's name is put before it. The operations in ``kept`` keep theirs.
    """
    staying = set(kept)
    found = {operation: name for operation, name in names.items() if operation in staying}
    mine = set(names.values())
    for operation, name in names.items():
        if operation in found:
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
        found[operation] = name
    return found


def _short(name: str) -> str:
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - _DIGITS - 1].rstrip('_-')}_{_digest(name)}"


def _digest(text: str) -> str:
    return "x" + sha256(text.encode()).hexdigest()[: _DIGITS - 1]
