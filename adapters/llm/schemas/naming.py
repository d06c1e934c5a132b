"""Names as a provider takes them."""

import hashlib
import re
from collections.abc import Iterable


def fitting_name(name: str, pattern: re.Pattern[str], longest: int) -> str:
    """Return the name if it matches, else one like it that does, and that no other name gives.

    ``pattern`` takes any word of ASCII letters, digits and underscores that begins with a
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
    """Return what each name that does not match becomes, none of them taken by another.

    Names that differ from a good one by marks alone (``$top``, ``ids[]``) lose the marks.
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
