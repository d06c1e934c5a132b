"""Describes constraints in words, for providers that do not accept them as keywords."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.llm.encoded_tools import exact_json

_MOST_JSON: Final = 300  # characters of a schema or a list in a description

_PHRASES: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches the regular expression {}",
    "format": "format: {}",
    "contentEncoding": "encoded as {}",
    "contentMediaType": "media type: {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
    "const": "exactly {}",
    "enum": "one of {}",
    "default": "default: {}",
    "examples": "for example {}",
    "not": "must not fit {}",
    "contains": "must contain one that fits {}",
    "propertyNames": "names of properties fit {}",
    "patternProperties": "properties by pattern of their names: {}",
    "dependentRequired": "properties that require others: {}",
    "dependentSchemas": "properties that require more: {}",
    "minContains": "at least {} such",
    "maxContains": "at most {} such",
}
_QUOTED: Final = {"format", "contentEncoding", "contentMediaType", "pattern"}


def phrase(keyword: str, value: Any) -> str:
    """Return what a keyword with this value requires, in words."""
    if keyword == "uniqueItems":
        return "no item twice" if value else ""
    shown = value if keyword in _QUOTED else in_short(value)
    if keyword in {"enum", "examples"} and len(shown) < _MOST_JSON:
        shown = ", ".join(exact_json(each) for each in value)
    return _PHRASES.get(keyword, keyword + ": {}").replace("{}", shown)


def in_short(value: Any) -> str:
    """Return a value as JSON text, shortened if it is long."""
    text = exact_json(value)
    return text if len(text) <= _MOST_JSON else text[:_MOST_JSON] + "…"


def explained(description: str, words: Sequence[str]) -> str:
    """Return the description with the other constraints in words."""
    if not (told := "; ".join(dict.fromkeys(filter(None, words)))):
        return description
    return f"{description} ({told})" if description else told[0].upper() + told[1:]


def shortened(text: str, longest: int | None) -> tuple[str, str]:
    """Split a text after at most ``longest`` characters; return both parts.

    It is split after a sentence or a word if the first part is at least half as long as it may be.
    """
    if longest is None or len(text) <= longest:
        return text, ""
    room = text[: longest - 1]
    for mark in ("\n\n", ". ", " "):
        at = room.rfind(mark)
        if at >= longest // 2:
            end = at + 1
            return room[:end].rstrip() + "…", text[end:].strip()
    return room + "…", text[longest - 1 :]
