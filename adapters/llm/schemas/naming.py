"""Converts names to those that a provider accepts."""

import hashlib
import re
from collections.abc import Iterable


def fitting_name(name: str, pattern: re.Pattern[str], longest: int) -> str:
    """Return the name if it matches; else a similar one that matches and that no other name gives.

    ``pattern`` must accept all words of ASCII letters, digits and underscores that begin with a
    letter, of up to ``longest`` characters.
    """
    if pattern.fullmatch(name):
        return name
    mark = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
    stem = re.sub(r"[^a-zA-Z0-9]+", "_", name).strip("_")
    if not stem or not stem[0].isalpha():
        stem = f"p_{stem}".rstrip("_")
    return f"{stem[: longest - 9]}_{mark}"


def fitting_names(names: Iterable[str], pattern: re.Pattern[str], longest: int) -> dict[str, str]:
    """Return the replacement of each name that does not match, all of them unique.

    Names that only have extra punctuation (``$top``, ``ids[]``) lose it.
    """
    names = list(names)
    taken = {name for name in names if pattern.fullmatch(name)}
    changed: dict[str, str] = {}
    for name in names:
        if name in taken:
            continue
        plain = re.sub(r"[^a-zA-Z0-9]+", "_", name).strip("_")
        if name in changed or plain in taken or not pattern.fullmatch(plain):
            plain = fitting_name(name, pattern, longest)
        changed[name] = plain
        taken.add(plain)
    return changed
