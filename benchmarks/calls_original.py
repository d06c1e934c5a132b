"""A document as it stands, and what an independent library says of values by its schemas.

Nothing here is the product's: documents are read by ``json`` and PyYAML, schemas are judged by
openapi-schema-validator, as a server would that was made by somebody else.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote, unquote

import yaml  # type: ignore[import-untyped]  # PyYAML brings no types
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from openapi_schema_validator import OAS30WriteValidator, OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import SchemaRegistry

_SELF: Final = "urn:document"
_MOST_STEPS: Final = 50
_MOST_WORDS: Final = 400
_PARTS: Final = ("allOf", "oneOf", "anyOf")

Pointer = tuple[str, ...]
"""A place in the document: the names and numbers that lead there."""


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]  # the library has no types
    """YAML as JSON has it: what looks like a date stays a text."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, form) for tag, form in found if tag != "tag:yaml.org,2002:timestamp"]
    for sign, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(data: bytes) -> Mapping[str, Any]:
    """Return a document's tree, all keys being texts."""
    text = data.decode("utf-8-sig")
    try:
        tree = json.loads(text)
    except ValueError:
        tree = json.loads(json.dumps(yaml.load(text, _Loader), default=str))
    assert isinstance(tree, dict)
    return tree


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Require nothing that is read-only: 3.1 leaves it to the server, which gives it itself."""
    if not isinstance(names, list) or not isinstance(instance, dict):
        return
    for name in names:
        said = schema.get("properties", {}).get(name, {})
        found = said
        if isinstance(said, dict) and isinstance(said.get("$ref"), str):
            lookup = validator._resolver.lookup  # noqa: SLF001  as the library's own keywords do
            found = {**lookup(said["$ref"]).contents, **said}
        read_only = isinstance(found, dict) and found.get("readOnly") is True
        if name not in instance and not read_only:
            yield ValidationError(f"{name!r} is a required property")


def _referred(validator: Any, to: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Follow a reference; what stands in another document is not known, and takes anything."""
    if isinstance(to, str) and to.startswith(("#", _SELF)):
        yield from OAS30WriteValidator.VALIDATORS["$ref"](validator, to, value, schema)


def _typed(check: Any) -> Any:
    """Check several types, which only 3.1 knows; and ``x-nullable``, as Swagger 2 has it."""

    def checked(validator: Any, kinds: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        listed = kinds if isinstance(kinds, list) else [kinds]
        if value is None and ("null" in listed or schema.get("x-nullable") is True):
            return
        errors = [list(check(validator, kind, value, schema)) for kind in listed if kind != "null"]
        if all(errors):
            yield from errors[0]

    return checked


def _limited(check: Any) -> Any:
    """Check a limit that is a number, written as a text or not."""

    def checked(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(limit, bool):  # before 3.1 it said how the other limit is meant
            return
        number = float(limit) if isinstance(limit, str) else limit
        yield from check(validator, number, value, schema)

    return checked


_LIMITS: Final = ("minimum", "maximum")
_V30: Final = extend(
    OAS30WriteValidator,
    {
        "required": _required,
        "$ref": _referred,
        "type": _typed(OAS30WriteValidator.VALIDATORS["type"]),
        **{name: _limited(OAS30WriteValidator.VALIDATORS[name]) for name in _LIMITS},
    },
)
_V31: Final = extend(
    OAS31Validator,
    {
        **{name: Draft202012Validator.VALIDATORS[name] for name in ("allOf", "anyOf", "oneOf")},
        "required": _required,
        "$ref": _referred,
        **{
            name: _limited(OAS31Validator.VALIDATORS[name])
            for name in (*_LIMITS, "exclusiveMinimum", "exclusiveMaximum")
        },
    },
)


def _or_null(check: Any) -> Any:
    def checked(validator: Any, said: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        parts = [schema, *(each for each in schema.get("allOf", ()) if isinstance(each, dict))]
        nullable = any(each.get(name) is True for each in parts for name in _MEANS_NULL)
        if not (value is None and nullable):
            yield from check(validator, said, value, schema)

    return checked


_MEANS_NULL: Final = ("nullable", "x-nullable")
_NULLABLE: Final = ("type", "enum", "$ref", "allOf", "anyOf", "oneOf")


def _nullable(kind: Any) -> Any:
    """Return a validator by which ``nullable`` means what it says wherever it stands."""
    return extend(kind, {name: _or_null(kind.VALIDATORS[name]) for name in _NULLABLE})


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter of the document, and where it stands there."""

    raw: Mapping[str, Any]
    place: Pointer

    @property
    def name(self) -> str:
        """Return its name on the wire."""
        return str(self.raw.get("name"))

    @property
    def where(self) -> str:
        """Return where it goes."""
        return str(self.raw.get("in"))


class Original:
    """A document, whose places are asked for by pointers.

    With ``nullable`` it is read as it is meant rather than as it is written: null is allowed
    wherever ``nullable`` or ``x-nullable`` says so.
    """

    def __init__(self, tree: Mapping[str, Any], *, nullable: bool = False) -> None:
        self.tree = tree
        self.is_swagger = "swagger" in tree
        version = str(tree.get("openapi", "2.0"))
        kind: Any = _V30 if self.is_swagger or version.startswith("3.0") else _V31
        self._validator = _nullable(kind) if nullable else kind
        self._checker = kind.FORMAT_CHECKER
        self._ready: dict[Pointer, Any] = {}

    @cached_property
    def _registry(self) -> SchemaRegistry:
        whole: Resource[Any] = Resource.opaque(self.tree)
        registry: SchemaRegistry = Registry().with_resource(_SELF, whole)
        return registry

    def at(self, place: Pointer) -> Any:
        """Return what stands at a place.

        Raises:
            KeyError: nothing does.

        """
        value: Any = self.tree
        for step in place:
            if isinstance(value, list):
                value = value[int(step)]
            elif isinstance(value, dict):
                value = value[step]
            else:
                raise KeyError(step)
        return value

    def followed(self, place: Pointer) -> tuple[Pointer, Any]:
        """Return the place that references lead to, and what stands there.

        Raises:
            KeyError: they lead nowhere in this document.

        """
        value = self.at(place)
        for _ in range(_MOST_STEPS):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return place, value
            place = _place(value["$ref"])
            value = self.at(place)
        raise KeyError(place)

    def declared(self, operation: Pointer) -> list[Declared]:
        """Return the parameters of an operation."""
        found: dict[tuple[str, str], Declared] = {}
        for place in (operation[:-1], operation):
            listed = self.at(place).get("parameters")
            for number in range(len(listed) if isinstance(listed, list) else 0):
                at, raw = self.followed((*place, "parameters", str(number)))
                if isinstance(raw, dict):
                    one = Declared(raw, at)
                    found[one.name.lower() if one.where == "header" else one.name, one.where] = one
        return list(found.values())

    def problems(self, place: Pointer, value: Any) -> list[str]:
        """Say what is wrong with a value by the schema at a place."""
        if place not in self._ready:
            pointer = "".join(f"/{quote(_escaped(step), safe='')}" for step in place)
            self._ready[place] = self._validator(
                {"$ref": f"{_SELF}#{pointer}"},
                registry=self._registry,
                format_checker=self._checker,
            )
        return [_told(error) for error in self._ready[place].iter_errors(value)]

    def schemas(self, place: Pointer) -> list[tuple[Pointer, Mapping[str, Any]]]:
        """Return a schema and all that are parts of it by reference or by combination."""
        found: dict[Pointer, Mapping[str, Any]] = {}
        waiting = [place]
        while waiting:
            try:
                at, schema = self.followed(waiting.pop())
            except (KeyError, IndexError, ValueError):
                continue
            if at in found or not isinstance(schema, dict):
                continue
            found[at] = schema
            for keyword in _PARTS:
                parts = schema.get(keyword)
                waiting += [
                    (*at, keyword, str(number))
                    for number in range(len(parts) if isinstance(parts, list) else 0)
                ]
        return list(found.items())

    def kinds(self, place: Pointer) -> frozenset[str]:
        """Return the types that a schema speaks of; none means any."""
        kinds: set[str] = set()
        for _, schema in self.schemas(place):
            named = schema.get("type")
            kinds.update(named if isinstance(named, list) else [named] if named else [])
            kinds.update({"object"} if "properties" in schema and not named else ())
            kinds.update({"array"} if "items" in schema and not named else ())
        return frozenset(kinds)

    def member(self, place: Pointer, name: str) -> Pointer | None:
        """Return the place of the schema of a property, if there is one."""
        schemas = self.schemas(place)
        for at, schema in schemas:
            if name in (schema.get("properties") or {}):
                return (*at, "properties", name)
        for at, schema in schemas:
            if isinstance(schema.get("additionalProperties"), dict):
                return (*at, "additionalProperties")
        return None

    def members(self, place: Pointer) -> frozenset[str]:
        """Return the names of the properties that a schema speaks of."""
        return frozenset(
            name for _, schema in self.schemas(place) for name in (schema.get("properties") or {})
        )

    def items(self, place: Pointer) -> Pointer | None:
        """Return the place of the schema of a list's items, if there is one."""
        return next(
            ((*at, "items") for at, schema in self.schemas(place) if "items" in schema), None
        )


def _told(error: ValidationError) -> str:
    where = "/".join(map(str, error.absolute_path))
    message = error.message if len(error.message) <= _MOST_WORDS else error.message[-_MOST_WORDS:]
    return f"{where or '.'}: {message} [{error.validator}]"


def _place(reference: str) -> Pointer:
    if not reference.startswith("#"):
        raise KeyError(reference)
    steps = reference[1:].split("/")[1:]
    return tuple(unquote(step).replace("~1", "/").replace("~0", "~") for step in steps)


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
