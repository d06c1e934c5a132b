"""Plain error messages for the backend's errors, each at the position that has to be fixed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from jsonschema import ValidationError
from openapi_spec_validator.validation.exceptions import (
    DuplicateOperationIDError,
    ExtraParametersError,
    ParameterDuplicateError,
    UnresolvableParameterError,
)

from plugins.openapi.validation.backend import EVERY

_KINDS: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}
_CHOICES: Final = ("anyOf", "oneOf")
_UNKNOWN: Final = ("additionalProperties", "unevaluatedProperties")
_RULES: Final = {
    DuplicateOperationIDError: "duplicate-operation-id",
    ParameterDuplicateError: "duplicate-parameter",
    UnresolvableParameterError: "path-parameter",
}
_NO_SCHEMA: Final = "is not of type 'object', 'boolean'"
_MOST_VALUES: Final = 10
_LONGEST: Final = 200
_QUOTED: Final = re.compile(r"'([^']+)'")

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A message and its rule; ``steps`` are relative to the position of the error."""

    steps: Steps
    rule: str
    message: str


def explained(error: ValidationError) -> Iterator[Explanation]:
    """Yield the explanations of an error; of a choice those of its likeliest branch."""
    for reason in _reasons(error):
        steps = tuple(reason.absolute_path)
        if isinstance(reason, ExtraParametersError):  # `required` may name undeclared properties
            continue
        if reason.validator in _UNKNOWN and (names := _unknown_in(reason)):
            for name in names:
                message = f"{_quoted(name)} cannot stand here. {_allowed(reason.schema)}".rstrip()
                yield Explanation((*steps, name), "unknown-key", message)
            continue
        if "propertyNames" in reason.absolute_schema_path and isinstance(reason.instance, str):
            steps = (*steps, reason.instance)
        if isinstance(reason, DuplicateOperationIDError):
            steps = (*steps, "operationId")
        rule, message = _in_words(reason)
        yield Explanation(steps, rule, message)


def _reasons(error: ValidationError) -> Iterator[ValidationError]:
    branches: Sequence[Sequence[ValidationError]] = []
    if error.validator == EVERY:
        branches = [list(error.context)]
    elif error.validator in _CHOICES and error.context:
        by_branch = groupby(error.context, key=lambda each: each.schema_path[0])
        branches = [min((list(each) for _, each in by_branch), key=_distance)]
    if not branches:
        yield error
    for branch in branches:
        for each in branch:
            yield from _reasons(each)


def _distance(branch: Sequence[ValidationError]) -> tuple[int, int]:
    """Return how unlikely it is that a branch was meant, then the number of its errors."""
    return max(map(_unlikeliness, branch)), len(branch)


def _unlikeliness(error: ValidationError) -> int:
    depth = len(error.relative_path)
    match error.validator:
        case "required" if not depth and "$ref" not in error.instance:
            return 3 if error.validator_value == ["$ref"] else 0
        case "type" if not depth:
            return 2
        case "enum" | "const" if depth <= 1:
            return 1
        case "oneOf" | "anyOf" if not depth and error.context:
            by_branch = groupby(error.context, key=lambda each: each.schema_path[0])
            return min(_distance(list(each))[0] for _, each in by_branch)
        case _:
            return 0


def _in_words(error: ValidationError) -> tuple[str, str]:
    """Return the id of the broken rule, and a sentence."""
    if error.validator in _SENTENCES:
        rule, message_of = _SENTENCES[error.validator]
        return rule, message_of(error)
    keyword = error.validator if isinstance(error.validator, str) else "rule"
    return _RULES.get(type(error), keyword), _message(error)


def _missing(error: ValidationError) -> str:
    return f"{_quoted(error.message.removesuffix(' is a required property')[1:-1])} is missing."


def _of_type(error: ValidationError) -> str:
    expected = error.validator_value
    if error.message.startswith("None for not nullable"):
        return "It is null, and may not be."
    kinds = [expected] if isinstance(expected, str) else list(expected)
    must = " or ".join(_KINDS.get(each, each) for each in kinds)
    return f"It must be {must}, and is {_kind_of(error.instance)}."


def _one_of(error: ValidationError) -> str:
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    values = " or ".join(map(_quoted, allowed[:_MOST_VALUES]))
    more = ", or another" if len(allowed) > _MOST_VALUES else ""
    return f"It is {_quoted(error.instance)}, and must be {values}{more}."


def _of_form(error: ValidationError) -> str:
    return (
        f"It is {_quoted(error.instance)}, which has not the form {_quoted(error.validator_value)}."
    )


_SENTENCES: Final[dict[str, tuple[str, Callable[[ValidationError], str]]]] = {
    "required": ("required", _missing),
    "type": ("type", _of_type),
    "enum": ("enum", _one_of),
    "const": ("enum", _one_of),
    "pattern": ("pattern", _of_form),
    **dict.fromkeys(("minItems", "minProperties"), ("too-few", lambda _: "It holds too little.")),
    "uniqueItems": ("unique-items", lambda _: "It holds the same item twice."),
    **dict.fromkeys(
        _CHOICES,
        ("choice", lambda _: "It fits none, or more than one, of the kinds that may stand here."),
    ),
}


def _message(error: ValidationError) -> str:
    names = _QUOTED.findall(error.message)
    match error, names:
        case ParameterDuplicateError(), [name, *_]:
            return f"The parameter {_quoted(name)} stands here twice, in the same place."
        case DuplicateOperationIDError(), [name, *_]:
            return f"The operationId {_quoted(name)} is that of another operation, too."
        case UnresolvableParameterError(), [name, _, path, *_] if f"{{{name}}}" in path:
            return f"No parameter with `in: path` describes `{{{name}}}` of the path."
        case UnresolvableParameterError(), [name, *_]:
            return (
                f"The parameter {_quoted(name)} has `in: path`, and the path has no `{{{name}}}`."
            )
        case _ if error.message.endswith(_NO_SCHEMA):
            return "A schema must be an object."
        case _:
            return _cut(error.message)


def _unknown_in(error: ValidationError) -> list[str]:
    if not isinstance(error.instance, dict):
        return []
    return [key for key in error.instance if repr(key) in error.message]


def _allowed(schema: Any) -> str:
    """Return a sentence on the pattern of valid keys, where only patterns define them."""
    if not isinstance(schema, Mapping) or schema.get("properties"):
        return ""
    forms = [form for form in schema.get("patternProperties", ()) if form != "^x-"]
    return f"A key here has the form {' or '.join(map(_quoted, forms))}." if forms else ""


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return f"the text {_quoted(value)}"
        case _:
            return f"the number {_quoted(value)}"


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"`{_cut(text)}`"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
