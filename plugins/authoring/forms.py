"""AnswerForms: what a tool asks its user for, as a JSON Schema, and the values that come back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError, create_model
from typing_extensions import override

from domain.shared.errors import FieldProblem, InvalidArguments, ToolFailed
from domain.shared.field_words import about, field_sentence
from domain.shared.json_schema import opened, properties_of, required_in, walk
from domain.shared.untrusted import in_short
from domain.tools.questions import AnswerForm, AnswerForms
from plugins.authoring.plain_schemas import plain_schema

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError as SchemaError

_SECRET: Final = "password"  # the format of pydantic's SecretStr
_MOST_PROBLEMS: Final = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PydanticForm(AnswerForm[T], Generic[T]):
    """The form of a type that pydantic knows.

    ``is_wrapped``: the type has no fields of its own, and is the form's only one, ``answer``.
    """

    adapter: TypeAdapter[Any]
    schema: Mapping[str, Any] = field()  # else the default is the property of the protocol
    is_wrapped: bool

    @override
    def read(self, values: Mapping[str, Any]) -> T:
        try:
            answer: Any = self.adapter.validate_python(values)
        except ValidationError as error:
            problems = [
                FieldProblem(
                    ".".join(map(str, each["loc"])),
                    field_sentence(each["type"], each.get("ctx", {}), each["msg"]),
                )
                for each in error.errors(include_url=False, include_input=False)
            ]
            raise _unfit(problems) from error
        except Exception as error:  # a validator of the author's
            raise InvalidArguments(f"The answer cannot be checked: {in_short(error)}") from error
        result: T = answer.answer if self.is_wrapped else answer
        return result


class PydanticForms(AnswerForms):
    """Makes forms of types that pydantic knows."""

    @override
    def of(self, kind: type[T]) -> AnswerForm[T]:
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(kind)
            schema = adapter.json_schema()
            is_wrapped = not properties_of(opened(schema, schema))
            if is_wrapped:
                adapter = TypeAdapter(create_model("Answer", answer=(kind, ...)))
                schema = adapter.json_schema()
            plain = plain_schema({**opened(schema, schema), **_definitions(schema)})
        except Exception as error:
            raise ToolFailed(f"There is no form for {kind!r}: {in_short(error)}") from error
        if any(each.get("format") == _SECRET for _, each in walk(plain)):
            raise ToolFailed(
                "A tool cannot ask its user for a secret, which would be stored with the run: "
                "declare it as a setting of the plugin, or as an account of its users."
            )
        return PydanticForm(adapter, plain, is_wrapped)

    @override
    def check(self, schema: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
        problems = list(_problems(schema, values))
        if problems:
            raise _unfit(problems)
        return values


def _definitions(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"$defs": schema["$defs"]} if "$defs" in schema else {}


def _unfit(problems: list[FieldProblem]) -> InvalidArguments:
    listed = " ".join(about(problem.path or "values", problem.message) for problem in problems)
    return InvalidArguments(f"The values do not fit: {listed}", problems)


def _problems(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[FieldProblem]:
    """Yield what is wrong, never with a value in it: it is the user's."""
    from jsonschema_rs import Draft202012Validator

    validator = Draft202012Validator(
        dict(schema), offline=True, validate_formats=True, mask="the value"
    )
    missing = [name for name in required_in(schema) if name not in values]
    yield from (FieldProblem(name, "It is missing.") for name in missing)
    errors = (each for each in validator.iter_errors(dict(values)) if not _is_missing(each))
    for error, _ in zip(errors, range(_MOST_PROBLEMS), strict=False):
        yield FieldProblem(".".join(map(str, error.instance_path)), f"{error.message}.")


def _is_missing(error: "SchemaError") -> bool:
    return error.kind.name == "required" and not error.instance_path
