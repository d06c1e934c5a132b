"""prance, which knows which rules a version of OpenAPI has, and asks its backend for them.

prance itself stops at the first thing that is wrong, and says of most where it is only roughly.
Here its backend, openapi-spec-validator, goes on to the end, and each of its errors comes with the
place that it was looking at. It is given a tree that was read within our bounds and stands alone
(`closing.py`), and nothing to fetch with: prance's own reader fetches whatever it is referred to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final

from jsonschema import ValidationError
from jsonschema.validators import validator_for
from jsonschema_path import SchemaPath
from jsonschema_rs import Registry, Validator
from jsonschema_rs import validator_for as quick_validator_for
from openapi_schema_validator._specifications import REGISTRY  # there is no public way to them
from openapi_spec_validator import (
    OpenAPIV2SpecValidator,
    OpenAPIV30SpecValidator,
    OpenAPIV31SpecValidator,
    OpenAPIV32SpecValidator,
)
from openapi_spec_validator.schemas import schema_v2, schema_v30, schema_v31, schema_v32
from openapi_spec_validator.shortcuts import get_validator_cls
from openapi_spec_validator.validation.exceptions import (
    OpenAPIValidationError,
    ValidatorDetectError,
)
from openapi_spec_validator.validation.keywords import (
    OpenAPIV31SchemaValidator,
    OperationValidator,
    SchemaValidator,
    ValueValidator,
)
from openapi_spec_validator.validation.validators import SpecValidator
from prance import BaseParser  # type: ignore[import-untyped]  # it brings no types
from prance import ValidationError as PranceError
from referencing.exceptions import Unresolvable

EVERY: Final = "every"
"""The keyword of an error that stands for all those in its context."""
_SCHEMAS: Final = {
    OpenAPIV2SpecValidator: schema_v2,
    OpenAPIV30SpecValidator: schema_v30,
    OpenAPIV31SpecValidator: schema_v31,
    OpenAPIV32SpecValidator: schema_v32,
}
_MOST: Final = 100  # errors of one schema
_PARSED: Final = "{}"
_STUMBLES: Final = (
    *(LookupError, TypeError, ValueError, AttributeError, AssertionError, RecursionError),
    Unresolvable,
)
"""What the backend raises where a document is not of the shape that it counts on."""


class UnknownVersion(Exception):
    """The document says of itself no version that there is."""


@dataclass(frozen=True, slots=True)
class Located:
    """An error of the backend, and the steps to what it was looking at.

    The error's own path starts there. Without an error the backend stumbled over it.
    """

    steps: tuple[str | int, ...]
    error: ValidationError | None


def errors_of(tree: Mapping[str, Any]) -> Iterator[Located]:
    """Yield what is wrong with a document that stands alone.

    Raises:
        UnknownVersion: there are no rules for it.

    """
    parser = _Parser(tree)
    try:
        parser.parse()
    except (PranceError, ValidatorDetectError, TypeError, ValueError) as error:
        raise UnknownVersion from error
    return parser.errors()


class _NoHandlers(dict[str, Any]):
    """For every scheme of addresses a handler that refuses; without one, all is fetched."""

    def __contains__(self, scheme: object) -> bool:
        return True

    def __missing__(self, scheme: str) -> Any:
        raise LookupError(scheme)


class _Parser(BaseParser):  # type: ignore[misc]  # it brings no types
    """prance with a tree that is parsed already, and a backend that goes on to the end."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        super().__init__(spec_string=_PARSED, lazy=True, backend="openapi-spec-validator")
        self._spec_string = None
        self.specification = tree
        self._rules = SpecValidator

    def _validate_openapi_spec_validator(self, _version: object) -> None:
        self._rules = get_validator_cls(self.specification)

    def errors(self) -> Iterator[Located]:
        """Yield what breaks the shape of the version, then what breaks its other rules."""
        if not self._rules.schema_validator.is_valid(
            self.specification
        ):  # in Rust; says too little
            schema = dict(_SCHEMAS[self._rules])
            for error in validator_for(schema)(schema).iter_errors(self.specification):
                yield Located((), error)
        place = SchemaPath.from_dict(
            self.specification, handlers=_NoHandlers(), resolved_cache_maxsize=128
        )
        yield from _going_on(self._rules)(place).root_validator(place)


@cache
def _going_on(rules: type[SpecValidator]) -> type[SpecValidator]:
    """Return the rules of a version, made to go on and to say where they are."""
    return type(
        rules.__name__,
        (rules,),
        {
            "keyword_validators": {
                name: type(each.__name__, (*_mixins(each), each), {})
                for name, each in rules.keyword_validators.items()
            }
        },
    )


def _mixins(keyword: type) -> Iterator[type]:
    yield _Placed
    if issubclass(keyword, OpenAPIV31SchemaValidator):
        yield _EveryError
    if issubclass(keyword, SchemaValidator):
        yield _Once
    if issubclass(keyword, OperationValidator):
        yield _Bodies


class _Placed:
    """Rules whose errors say where they were; what they stumble over ends only what is in it."""

    def __call__(self, *args: Any, **options: Any) -> Iterator[Located]:
        path = next(each for each in args if isinstance(each, SchemaPath))
        steps = (*path.parts, *(("default",) if isinstance(self, ValueValidator) else ()))
        try:
            for error in super().__call__(*args, **options):  # type: ignore[misc]
                yield error if isinstance(error, Located) else Located(steps, error)
        except _STUMBLES:
            yield Located(steps, None)


class _EveryError:
    """Schemas of which all is told that is wrong with them, and not the first alone."""

    def _validate_schema_meta(self, schema: SchemaPath, value: Any) -> ValidationError | None:
        try:
            dialect = self._get_schema_dialect_id(schema, value)  # type: ignore[attr-defined]
            rules = self._get_validator_class_for_dialect(dialect)  # type: ignore[attr-defined]
        except ValueError:
            rules = None
        if rules is None:
            return super()._validate_schema_meta(schema, value)  # type: ignore[misc]
        if _quick(dialect).is_valid(value):
            return None
        meta = validator_for(rules.META_SCHEMA)(rules.META_SCHEMA, registry=REGISTRY)
        errors = list(islice(meta.iter_errors(value), _MOST))
        return OpenAPIValidationError("", validator=EVERY, context=errors) if errors else None


@cache
def _quick(dialect: str) -> Validator:
    """Return what tells in Rust whether schemas of a dialect are valid; it is slow in Python."""
    known = Registry([(uri, REGISTRY.contents(uri)) for uri in REGISTRY])
    return quick_validator_for(REGISTRY.contents(dialect), registry=known, offline=True)


class _Seen(set[int]):
    """Schemas that were looked at, of which the backend keeps a list and looks through it."""

    append = set.add


class _Once:
    """Schemas that are looked at once each, also where one has parts of its own kind."""

    def __init__(self, registry: Any) -> None:
        super().__init__(registry)  # type: ignore[call-arg]
        self.visited_schema_ids = _Seen()
        self.meta_checked_schema_ids = _Seen()
        self._properties: dict[int, set[str]] = {}

    def _collect_properties(self, schema: SchemaPath) -> set[str]:
        key = id(schema.read_value())
        if key not in self._properties:
            self._properties[key] = set()
            self._properties[key] = super()._collect_properties(schema)  # type: ignore[misc]
        return self._properties[key]


class _Bodies:
    """Operations whose request bodies are looked at like their responses."""

    def __call__(self, *args: Any) -> Iterator[ValidationError]:
        yield from super().__call__(*args)  # type: ignore[misc]
        _, _, operation, _ = args
        if "requestBody" in operation and "content" in operation / "requestBody":
            content = self.registry["content"]  # type: ignore[attr-defined]
            yield from content(operation / "requestBody" / "content")
