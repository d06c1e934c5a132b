"""Messages for invalid requests: the field, and what is allowed there."""

from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.shared.field_words import about, field_sentence

_BAD_EMAIL: Final = "value is not a valid email address"
_BRANCHES: Final = frozenset({"int", "float", "str", "bool"})  # of a union: no part of the path

_TAGGED: Final = frozenset({"response_format"})  # the form's name comes next: likewise


def field_problems(error: Exception) -> list[dict[str, str]]:
    """Return ``[{path, message}]`` of a failed validation, without the invalid values."""
    if not isinstance(error, ValidationError):
        return [{"path": "", "message": "It must be a JSON object."}]
    items = error.errors(include_url=False, include_input=False)
    # Of the branches of a union the last one counts: it accepts the most.
    problems = {path: _sentence(item) for item in items for path in [_path(item)]}
    return [{"path": path, "message": message} for path, message in problems.items()]


def in_words(problems: list[dict[str, str]]) -> str:
    """Return the first problem as a sentence that names the field."""
    if not problems:
        return "The request is not valid."
    path, message = problems[0]["path"], problems[0]["message"]
    if path:
        return f"The field {about(path, message)}"
    return f"The body {message.removeprefix('It ')}" if message.startswith("It ") else message


def _path(item: ErrorDetails) -> str:
    loc = [str(part) for part in item["loc"]]
    parts = [part for before, part in zip(["", *loc], loc, strict=False) if before not in _TAGGED]
    if len(parts) > 1 and parts[-1] in _BRANCHES:
        parts.pop()
    return ".".join(parts)


def _sentence(item: ErrorDetails) -> str:
    if item["msg"].startswith(_BAD_EMAIL):
        return "It must be an e-mail address, such as ada@example.com."
    return field_sentence(item["type"], item.get("ctx", {}), item["msg"])
