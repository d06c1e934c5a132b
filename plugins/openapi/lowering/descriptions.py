"""Descriptions of schemas, with facts that have no keyword: deprecation, patterns, examples."""

from collections.abc import Mapping
from typing import Any, Final

from plugins.openapi.lowering.patterns import usable
from plugins.openapi.lowering.words import joined, plain, shortened, value_text
from plugins.openapi.reading.values import is_true, text

FILE: Final = "A file: its text, or bytes as data:image/png;base64,..."
MOST_WORDS: Final = 300  # characters
_LONG_EXAMPLE: Final = 60
_MOST_DEEP: Final = 2  # where examples are worth their tokens
_EXEMPLIFIED: Final = ("string", "integer", "number")


def described(raw: Mapping[str, Any], types: list[str], depth: int) -> str:
    """Return the description of a schema that is ``depth`` levels deep."""
    description = shortened(plain(text(raw.get("description"))), MOST_WORDS)
    if is_true(raw.get("deprecated")):
        description = joined("Deprecated", description)
    if raw.get("format") == "binary" or text(raw.get("type")) == "file":
        description = joined(description, FILE)
    pattern = raw.get("pattern")
    if isinstance(pattern, str) and len(pattern) <= _LONG_EXAMPLE and usable(pattern) is None:
        description = joined(description, f"Pattern: {pattern}")
    example = _example(raw) if depth <= _MOST_DEEP and types and types[0] in _EXEMPLIFIED else ""
    if example and example.strip('"') not in description:
        description = joined(description, f"Example: {example}")
    return description


def _example(raw: Mapping[str, Any]) -> str:
    """Return a short example, if the schema has no enum, const or default."""
    if raw.keys() & {"enum", "const", "default"}:
        return ""
    listed = raw.get("examples")
    example = raw.get("example", listed[0] if isinstance(listed, list) and listed else None)
    if example is None or isinstance(example, dict | list):
        return ""
    is_number = isinstance(example, int | float) and not isinstance(example, bool)
    if is_number and text(raw.get("type")) == "string":
        example = text(example)  # as the document writes it
    return value_text(example, _LONG_EXAMPLE)
