"""A plugin's settings, declared as a pydantic model."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeVar

from pydantic import AliasChoices, BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import override

from domain.plugins.settings import DeclaredSetting, SettingsForm
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.shared.field_words import field_sentence
from domain.shared.json_values import type_name
from domain.shared.untrusted import in_short
from domain.tools.secrets import HIDDEN
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.json_values import as_json

_SIZE: Final = 200_000  # characters of JSON: of the schema, and of all values
_MOST: Final = 200  # settings of one plugin
_SHORTEST_JSON: Final = ("{", "[")
M = TypeVar("M", bound=BaseModel)


class PydanticSettings(SettingsForm):
    """The settings of a plugin, by the fields of a pydantic model.

    A field's variable in the environment is its ``validation_alias``, if it has one, else the
    plugin's name and its own: ``CRM_TOKEN`` is the field ``token`` of the plugin ``crm``.

    Raises:
        ToolDefinitionError: the model has no JSON Schema.

    """

    def __init__(self, plugin: str, model: type[BaseModel]) -> None:
        self.model: Final = model
        self._declared = tuple(_declared(plugin, model))
        try:
            schema = model.model_json_schema(by_alias=False)
            self._schema: Mapping[str, Any] = as_json(schema, _SIZE)
        except Exception as error:
            why = in_short(error)
            raise ToolDefinitionError(f"the settings have no JSON Schema: {why}") from error

    @property
    @override
    def declared(self) -> Sequence[DeclaredSetting]:
        return self._declared

    @property
    @override
    def schema(self) -> Mapping[str, Any]:
        return self._schema

    @override
    def read(self, given: Mapping[str, Any]) -> object:
        values = {name: _unpacked(value) for name, value in given.items()}
        for name in self._plain_texts & values.keys():
            values[name] = given[name]
        try:
            read: Any = self.model.model_validate(values, by_alias=False, by_name=True)
        except ValidationError as error:
            raise InvalidRequest("The settings do not fit.", list(_problems(error))) from error
        if not isinstance(read, self.model):  # a validator of the author's may return anything
            wrong = f"a validator returned a {type_name(read)}, not a {self.model.__name__}"
            raise InvalidRequest(wrong, [FieldProblem("settings", wrong)])
        return read

    @override
    def shown(self, settings: object) -> Mapping[str, Any]:
        plain: dict[str, Any] = as_json(
            {name: _hidden(getattr(settings, name)) for name in self.model.model_fields},
            _SIZE,
        )
        return plain

    @override
    def secrets(self, settings: object) -> Mapping[str, str]:
        return dict(_secrets("", settings))

    @cached_property
    def _plain_texts(self) -> frozenset[str]:
        """The fields that are text: what looks like JSON there is text, too."""
        kinds = (str, SecretStr)
        fields = self.model.model_fields.items()
        return frozenset(name for name, field in fields if field.annotation in kinds)


def _declared(plugin: str, model: type[BaseModel]) -> Iterator[DeclaredSetting]:
    prefix = re.sub(r"\W", "_", plugin).upper()
    if len(model.model_fields) > _MOST:
        raise ToolDefinitionError(f"its settings: a plugin can have {_MOST}")
    for name, field in model.model_fields.items():
        variable = _alias(field) or f"{prefix}_{name.upper()}"
        if not variable.isidentifier():
            raise ToolDefinitionError(f"its settings: {variable!r} is no name of a variable")
        is_secret = "Secret" in repr(field.annotation)
        yield DeclaredSetting(name, variable, is_secret, field.is_required())


def _alias(field: FieldInfo) -> str | None:
    match field.validation_alias:
        case str(name):
            return name
        case AliasChoices(choices=[str(name), *_]):
            return name
    return None


def _unpacked(value: Any) -> Any:
    """Return what JSON text stands for, where it is a list or an object; else the value."""
    if isinstance(value, str) and value.lstrip().startswith(_SHORTEST_JSON):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _problems(error: ValidationError) -> Iterator[FieldProblem]:
    for problem in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in problem["loc"]) or "settings"
        sentence = field_sentence(problem["type"], problem.get("ctx", {}), problem["msg"])
        yield FieldProblem(path, sentence.removeprefix("It ").rstrip("."))


def _hidden(value: Any) -> Any:
    """Return the value with stars for each secret in it."""
    match value:
        case SecretStr() | SecretBytes():
            return HIDDEN if value.get_secret_value() else ""
        case BaseModel():
            return {name: _hidden(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {str(name): _hidden(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(item) for item in value]
    return value


def _secrets(path: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case SecretStr():
            yield path, value.get_secret_value()
        case SecretBytes():
            yield path, value.get_secret_value().decode(errors="replace")
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets(f"{path}.{name}".lstrip("."), getattr(value, name))
        case Mapping():
            for name, item in value.items():
                yield from _secrets(f"{path}.{name}", item)
        case list() | tuple() | set() | frozenset():
            for at, item in enumerate(value):
                yield from _secrets(f"{path}.{at}", item)
