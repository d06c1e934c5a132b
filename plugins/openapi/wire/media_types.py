"""Classification of media types, and the choice of the one for a body."""

from collections.abc import Sequence
from typing import Final

from plugins.openapi.operation import Content

FORM: Final = "application/x-www-form-urlencoded"
ANYTHING: Final = ("", "*", "*/*", "application/*")
_LINES: Final = frozenset(
    {"application/jsonl", "application/x-ndjson", "application/ndjson", "application/x-jsonlines"}
)
_TEXTS: Final = frozenset(
    {
        "application/ecmascript",
        "application/graphql",
        "application/javascript",
        "application/sql",
        "application/toml",
        "application/x-sh",
        "application/x-yaml",
        "application/yaml",
        FORM,
    }
)


def essence(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether it is JSON, or a format based on JSON."""
    kind = essence(media_type)
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def is_json_lines(media_type: str) -> bool:
    """Return whether it is JSON Lines: a JSON value a line."""
    return essence(media_type) in _LINES


def is_form(media_type: str) -> bool:
    """Return whether it is ``application/x-www-form-urlencoded``."""
    return essence(media_type) == FORM


def is_multipart(media_type: str) -> bool:
    """Return whether it is a multipart type."""
    return essence(media_type).startswith("multipart/")


def is_xml(media_type: str) -> bool:
    """Return whether it is XML."""
    kind = essence(media_type)
    return kind in ("application/xml", "text/xml") or kind.endswith("+xml")


def is_text(media_type: str) -> bool:
    """Return whether it is plain text, or a format that is readable as text."""
    kind = essence(media_type)
    return kind.startswith("text/") or kind in _TEXTS or kind.endswith("+yaml") or is_xml(kind)


def preferred(contents: Sequence[Content]) -> Content:
    """Return the content that a body is sent as by default: JSON first, then forms, then others."""
    return min(contents, key=lambda content: _rank(content.media_type))  # the first of its rank


def _rank(media_type: str) -> int:
    kind = essence(media_type)
    ranked = (
        kind == "application/json",
        is_json(kind),
        is_form(kind),
        kind == "multipart/form-data",
        kind == "text/plain",
        is_json_lines(kind),
        "*" in kind,
        not (is_xml(kind) or is_multipart(kind)),
    )
    return ranked.index(True) if True in ranked else len(ranked)
