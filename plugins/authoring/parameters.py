"""A tool's parameters: schema and validation from the signature and docstring of a function."""

import inspect
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import PydanticJsonSchemaWarning

from domain.shared.errors import FieldProblem, InvalidArguments
from domain.shared.field_words import about, field_sentence
from domain.shared.json_values import require_shallow
from domain.shared.untrusted import in_short
from domain.tools.tool_context import ToolContext
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.json_values import as_json
from plugins.authoring.plain_schemas import plain_schema

_CONFIG: Final = ConfigDict(extra="forbid", allow_inf_nan=False, validate_default=True)
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Marks an argument that a person must type again before each call.

    ``Annotated[str, Confirmed()]``: such a call is never made unasked, whatever the policy says.
    """


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a function.

    ``model`` validates the arguments; its fields have neutral names with the parameters' names as
    aliases, since a parameter may be called ``schema`` or ``_id``. ``context`` names the parameter
    that receives the context of the call, ``confirm`` those that a human must type again.
    """

    model: type[BaseModel]
    context: str | None
    confirm: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12, type object) of the arguments."""
        return plain_schema(self.model.model_json_schema())

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as JSON, with defaults filled in.

        Raises:
            InvalidArguments: they do not match the parameters.

        """
        checked = self._validate(arguments)
        plain: dict[str, Any] = as_json(
            checked.model_dump(mode="json", by_alias=True, warnings=False)
        )
        return plain

    def values(self, arguments: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        """Return the keyword arguments of the function, in the types of its annotations.

        Raises:
            InvalidArguments: they do not match the parameters.

        """
        checked = self._validate(arguments)
        values = {
            field.alias or name: getattr(checked, name)
            for name, field in self.model.model_fields.items()
        }
        return values if self.context is None else values | {self.context: context}

    def _validate(self, arguments: Mapping[str, Any]) -> BaseModel:
        try:
            require_shallow(arguments)
            return self.model.model_validate(as_json(dict(arguments)))
        except ValidationError as error:
            known = ", ".join(str(field.alias) for field in self.model.model_fields.values())
            problems = list(_problems(error, known))
        except Exception as error:  # the arguments' nesting, or a validator of the author's
            raise InvalidArguments(f"The arguments cannot be checked: {in_short(error)}") from error
        listed = " ".join(about(problem.path, problem.message) for problem in problems)
        raise InvalidArguments(f"The arguments do not fit: {listed}", problems)


def read_parameters(
    function: Callable[..., Any], descriptions: Mapping[str, str | None]
) -> Parameters:
    """Read the parameters of a function; ``descriptions`` are those of its docstring, by name.

    Raises:
        ToolDefinitionError: a parameter has no type, or one that has no JSON Schema.

    """
    annotations = _annotations(function)
    context: str | None = None
    fields: dict[str, Any] = {}
    confirm = list[str]()
    for name, parameter in inspect.signature(function).parameters.items():
        _require_usable(parameter, annotations)
        if annotations[name] is not ToolContext:
            field = _field(parameter, annotations[name], descriptions.get(name))
            fields[f"p{len(fields)}"] = (annotations[name], field)
            if _is_confirmed(annotations[name]):
                confirm.append(name)
        elif context is None:
            context = name
        else:
            raise ToolDefinitionError(f"{context!r} and {name!r} both ask for the context")
    return Parameters(_model(fields), context, tuple(confirm))


def _is_confirmed(annotation: Any) -> bool:
    marks: tuple[Any, ...] = getattr(annotation, "__metadata__", ())
    if Confirmed in marks:
        raise ToolDefinitionError("write Annotated[..., Confirmed()], with parentheses")
    return any(isinstance(mark, Confirmed) for mark in marks)


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ToolDefinitionError(
            f"an annotation cannot be resolved: {error}"
            " (types of parameters must be importable at run time, at module level)"
        ) from error


def _require_usable(parameter: inspect.Parameter, annotations: Mapping[str, Any]) -> None:
    if parameter.kind not in _BY_NAME:
        raise ToolDefinitionError(
            f"parameter '{parameter}' cannot be passed by name"
            " (*args, **kwargs and positional-only parameters have no place in a schema)"
        )
    if parameter.name not in annotations:
        raise ToolDefinitionError(f"parameter {parameter.name!r} has no type annotation")
    if isinstance(parameter.default, FieldInfo):
        raise ToolDefinitionError(
            f"parameter {parameter.name!r}: write Annotated[..., Field(...)] = default,"
            " so that the function can still be called without Puerto"
        )


def _field(parameter: inspect.Parameter, annotation: Any, description: str | None) -> FieldInfo:
    extras: dict[str, Any] = {}
    if parameter.default is not inspect.Parameter.empty:
        extras["default"] = parameter.default
    if description and not FieldInfo.from_annotation(annotation).description:
        extras["description"] = description
    name = parameter.name
    field: FieldInfo = Field(alias=name, validation_alias=name, serialization_alias=name, **extras)
    return field


def _model(fields: Mapping[str, Any]) -> type[BaseModel]:
    """Create the model and use it once, so that mistakes show at definition and not at a call."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PydanticJsonSchemaWarning)  # a default is not JSON
            model = create_model("Arguments", __config__=_CONFIG, **fields)
            model.model_json_schema()
            optional: dict[str, Any] = {
                name: (annotation, model.model_fields[name])
                for name, (annotation, field) in fields.items()
                if not model.model_fields[name].is_required()
            }
            create_model("Defaults", __config__=_CONFIG, **optional)()
    except ValidationError as error:
        problem = error.errors()[0]
        name = model.model_fields[str(problem["loc"][0])].alias
        raise ToolDefinitionError(
            f"the default of {name!r} does not fit its type: {problem['msg']}"
        ) from error
    except Exception as error:
        raise ToolDefinitionError(f"the parameters have no JSON Schema: {error}") from error
    return model


def _problems(error: ValidationError, known: str) -> Iterator[FieldProblem]:
    for problem in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
            message = f"There is no such argument, but: {known}." if known else "It takes none."
        else:
            message = field_sentence(problem["type"], problem.get("ctx", {}), problem["msg"])
        yield FieldProblem(path, message)
