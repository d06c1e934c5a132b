"""The type of a tool's result: its JSON Schema, and its serialization, from the annotation."""

import inspect
import json
from collections import abc
from collections.abc import Callable, Iterator
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError

from domain.shared.json_text import is_larger
from domain.shared.untrusted import in_short
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.json_values import QUICK, as_json, as_json_apart, in_json_thread
from plugins.authoring.plain_schemas import plain_schema

SCHEMA_LENGTH: Final = 20_000  # characters of JSON; a larger schema is not kept

_PLAIN: Final = {"str", "int", "float", "bool", "none", "nullable", "list", "dict"}
_FILES: Final = {"bytes"}  # and so those in an `Artifact`, which is no JSON
_ANYTHING: Final = {"any", "generator"}  # may hold artifacts, or have no end
_OTHER_KEYS: Final = "dict whose keys are no texts"
_SAYS_NOTHING: Final = (None, type(None), Any, object)
_STREAMS: Final = {abc.AsyncIterator, abc.AsyncIterable, abc.AsyncGenerator}


class ResultType:
    """The declared type of a tool's results: ``schema`` (None: it says nothing), and `to_json`."""

    def __init__(self, hint: Any) -> None:
        self.schema: dict[str, Any] | None = None
        self._adapter: TypeAdapter[Any] | None = None
        self._is_plain = self._is_checked = True
        self._has_warned = False
        self._read(hint)

    async def to_json(self, value: Any, warn: Callable[[str], None]) -> Any:
        """Return a result as JSON, serialized by its type.

        A result that does not fit its type is serialized as what it is. The first one of the tool
        is told to ``warn``.

        Raises:
            TooLarge: it has too many characters as JSON.
            ValueError: it has no JSON form, or contains itself.
            ToolFailed: too many results are being serialized.

        """
        if self._adapter is None:
            return await as_json_apart(value)
        if not self._is_plain:
            return await in_json_thread(lambda: as_json(self._dumped(value, warn)))
        plain = await as_json_apart(value)
        if self._is_checked and not is_larger(plain, QUICK):  # larger ones are not looked at twice
            self._dumped(plain, warn)
        return plain

    def _read(self, hint: Any) -> None:
        if any(hint is nothing for nothing in _SAYS_NOTHING):
            return
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(hint)
            kinds = set(_kinds(adapter.core_schema))
            schema = plain_schema(adapter.json_schema(mode="serialization"))
        except (
            *(PydanticSchemaGenerationError, PydanticUserError, ToolDefinitionError),
            *(TypeError, ValueError, NameError),
        ):  # what pydantic does not know is serialized as what it is
            return
        if schema and not kinds & _FILES and len(json.dumps(schema, default=str)) <= SCHEMA_LENGTH:
            self.schema = schema
        if not kinds & (_FILES | _ANYTHING):
            self._adapter = adapter
            self._is_plain = kinds <= _PLAIN
            self._is_checked = "float" not in kinds  # infinity becomes a text

    def _dumped(self, value: Any, warn: Callable[[str], None]) -> Any:
        assert self._adapter is not None  # noqa: S101  else nobody asks
        try:
            return self._adapter.dump_python(value, mode="json", by_alias=True, warnings="error")
        except Exception as error:  # noqa: BLE001  also what a serializer of the author's raises
            if not self._has_warned:
                self._has_warned = True
                warn(f"a result does not fit its annotation, and is passed on: {in_short(error)}")
            return value


def read_result_type(function: Callable[..., Any]) -> ResultType:
    """Return the type of a function's results; of one that yields, the type of the whole."""
    hint = get_type_hints(function, include_extras=True).get("return")
    if not inspect.isasyncgenfunction(function):
        return ResultType(hint)
    item = next(iter(get_args(hint)), Any) if get_origin(hint) in _STREAMS else Any
    if item is str or item is Any:
        return ResultType(item)
    return ResultType(list[item])  # type: ignore[valid-type]  # made at run time


def _kinds(schema: Any) -> Iterator[str]:
    """Yield the kinds of all parts of a core schema of pydantic's."""
    if isinstance(schema, dict):
        if isinstance(kind := schema.get("type"), str):
            has_texts = kind != "dict" or schema.get("keys_schema", {}).get("type") == "str"
            yield kind if has_texts else _OTHER_KEYS
        for part in schema.values():
            yield from _kinds(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _kinds(part)
