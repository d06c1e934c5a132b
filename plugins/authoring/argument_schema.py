"""Validation of arguments against a JSON Schema, for learned tools, which have no Python types.

The library is ``jsonschema-rs``, in its offline mode: by default it fetches references, also from
files.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from domain.shared.errors import FieldProblem, InvalidArguments
from domain.shared.untrusted import in_short
from plugins.authoring.errors import ToolDefinitionError

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

_MOST_PROBLEMS: Final = 20
_LONGEST: Final = 300  # characters of a message: it may quote the value and the schema


class ArgumentSchema:
    """Validator of a tool's arguments (JSON Schema 2020-12, type object), compiled on first use."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def require_usable(self) -> None:
        """Compile the schema.

        Raises:
            ToolDefinitionError: the schema is invalid, or a reference of it cannot be resolved.

        """
        self._validator.is_valid({})

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Validate the arguments and return a copy of them.

        Raises:
            InvalidArguments: they are invalid; the message says where, why, and what is valid.
            ToolDefinitionError: the schema is invalid, or a reference of it cannot be resolved.

        """
        checked = dict(arguments)
        problems: dict[FieldProblem, None] = {}
        try:
            for error in self._validator.iter_errors(checked):
                problems.update(dict.fromkeys(_problems(error, self._schema)))
                if len(problems) >= _MOST_PROBLEMS:
                    break
        except ValueError as error:
            raise InvalidArguments(f"The arguments cannot be checked: {in_short(error)}") from error
        if problems:
            listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
            raise InvalidArguments(f"The arguments do not fit: {listed}.", list(problems))
        return checked

    @cached_property
    def _validator(self) -> "Validator":
        from jsonschema_rs import Draft202012Validator

        try:
            return Draft202012Validator(dict(self._schema), offline=True)
        except ValueError as error:
            raise ToolDefinitionError(f"the parameters are no schema: {in_short(error)}") from error


def _problems(error: "ValidationError", root: Mapping[str, Any]) -> Iterator[FieldProblem]:
    """Yield the problems of an error; for a union those within the branch that was meant."""
    path = ".".join(map(str, error.instance_path)) or "arguments"
    kind = error.kind.name
    if kind in {"anyOf", "oneOf"} and (branch := _meant_branch(error)):
        for each in branch:
            yield from _problems(each, root)
    elif kind in {"additionalProperties", "unevaluatedProperties"}:
        known = _known_names(error, root)
        for name in error.kind.as_dict()["unexpected"]:
            yield FieldProblem(path, f"there is no {name!r} here{known}")
    elif kind == "required":
        yield FieldProblem(path, f"{error.kind.as_dict()['property']!r} is missing")
    else:
        message = error.message
        yield FieldProblem(path, message if len(message) <= _LONGEST else message[:_LONGEST] + "…")


def _meant_branch(error: "ValidationError") -> list["ValidationError"]:
    """Return the errors of the only branch whose type the value has; empty if none or several."""
    here = len(error.instance_path)
    candidates = [
        branch
        for branch in error.kind.as_dict()["context"]
        if branch
        and not any(each.kind.name == "type" and len(each.instance_path) == here for each in branch)
    ]
    return candidates[0] if len(candidates) == 1 else []


def _known_names(error: "ValidationError", root: Mapping[str, Any]) -> str:
    """Return the end of a sentence that lists the properties where an unknown one was given."""
    schema: Any = root
    for step in error.schema_path[:-1]:
        schema = schema[step]
    names = ", ".join(map(repr, schema.get("properties", ())))
    return f", only {names}" if names else ""
