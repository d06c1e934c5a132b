"""What is wrong with a field of a request, in one voice: the field, and what is allowed there.

Pydantic's own words are for programmers of Python, and the values that failed may be secrets: of
its errors only the type, the place and the bounds are used
(https://docs.pydantic.dev/latest/errors/validation_errors/ lists the types).
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_NUMBER: Final = "must be a number"
_OBJECT: Final = "must be an object"
_TRUTH: Final = "must be true or false"
_WHOLE: Final = "must be a whole number"
_PREDICATES: Final[Mapping[str, str]] = {
    "bool_parsing": _TRUTH,
    "bool_type": _TRUTH,
    "dict_type": _OBJECT,
    "enum": "must be one of {expected}",
    "finite_number": "must be a finite number",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be one of {expected}",
    "missing": "is missing",
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "string_pattern_mismatch": "must fit the pattern {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be text",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
    "union_tag_invalid": "must have {discriminator} one of {expected_tags}",
    "union_tag_not_found": "must have the field {discriminator}",
}
_BAD_EMAIL: Final = "value is not a valid email address"
_BRANCHES: Final = frozenset({"int", "float", "str", "bool"})  # of a union: no part of the path


def field_problems(error: Exception) -> list[dict[str, str]]:
    """Return ``[{path, message}]`` of a failed validation, without the values that failed."""
    if not isinstance(error, ValidationError):
        return [{"path": "", "message": "It must be a JSON object."}]
    found = error.errors(include_url=False, include_input=False)
    # Of the branches of a union the last one tells: it is the one that takes most.
    problems = {path: _sentence(item) for item in found for path in [_path(item)]}
    return [{"path": path, "message": message} for path, message in problems.items()]


def in_words(problems: list[dict[str, str]]) -> str:
    """Return the first of these problems as one sentence that names the field."""
    if not problems:
        return "The request is not valid."
    path, message = problems[0]["path"], problems[0]["message"]
    if not path:
        return message.replace("It ", "The body ", 1) if message.startswith("It ") else message
    if message.startswith("It "):
        return f"The field {path} {message.removeprefix('It ')}"
    return f"The field {path}: {message}"


def _path(item: ErrorDetails) -> str:
    parts = [str(part) for part in item["loc"]]
    if len(parts) > 1 and parts[-1] in _BRANCHES:
        parts.pop()
    return ".".join(parts)


def _sentence(item: ErrorDetails) -> str:
    if item["msg"].startswith(_BAD_EMAIL):
        return "It must be an e-mail address, such as ada@example.com."
    predicate = _PREDICATES.get(item["type"])
    if predicate is None:  # a sentence of our own, or something new of pydantic's
        return item["msg"].removeprefix("Value error, ")
    context: Mapping[str, Any] = item.get("ctx", {})
    if item["type"] == "string_too_short" and context["min_length"] == 1:
        return "It must not be empty."
    return f"It {predicate.format_map(context)}."
