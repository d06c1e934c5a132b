"""Validation messages for fields: the same for requests, WebSocket frames and tool arguments.

A message is made from the type and the bounds of a pydantic error, never from the value, which may
be a secret (https://docs.pydantic.dev/latest/errors/validation_errors/ lists the types).
"""

from collections.abc import Mapping
from typing import Any, Final

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


def field_sentence(kind: str, context: Mapping[str, Any], message: str) -> str:
    """Return the validation message for a pydantic error, such as "It must be text.".

    ``message`` is pydantic's own, used for unknown types: our validators raise with our sentences.
    """
    predicate = _PREDICATES.get(kind)
    if predicate is None:
        return message.removeprefix("Value error, ")
    if kind == "string_too_short" and context["min_length"] == 1:
        predicate = "must not be empty"
    return f"It {predicate.format_map(context)}."


def about(path: str, sentence: str) -> str:
    """Return the sentence about the field at a path, such as "limit must be at least 1."."""
    if sentence.startswith("It "):
        return f"{path} {sentence.removeprefix('It ')}"
    return f"{path}: {sentence}"
