"""Adapter of prance and its backend openapi-spec-validator, extended to report all errors.

prance itself stops at the first error, and reports most positions only roughly. Here its backend
goes on to the end, and each error has the position that was validated. The input is a tree that was
read within Puerto's limits and has no external references (`closing.py`), and there is nothing to
fetch with: prance's own reader fetches every reference.
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
"""The keyword of an error that groups the errors in its context."""
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
"""The exceptions of the backend where a document has not the shape that it expects."""


class UnknownVersion(Exception):
    """The document declares no known OpenAPI version."""


@dataclass(frozen=True, slots=True)
class Located:
    """An error of the backend, and the steps to the part that was validated.

    The error's own path starts there. ``error`` is None if the backend failed at that part.
    """

    steps: tuple[str | int, ...]
    error: ValidationError | None


def errors_of(tree: Mapping[str, Any]) -> Iterator[Located]:
    """Yield the errors of a document without external references.

    Raises:
        UnknownVersion: there are no rules for the document's version.

    """
    parser = _Parser(tree)
    try:
        parser.parse()
    except (PranceError, ValidatorDetectError, TypeError, ValueError) as error:
        raise UnknownVersion from error
    return parser.errors()


class _NoHandlers(dict[str, Any]):
    """A refusing handler for every URL scheme; without handlers everything would be fetched."""

    def __contains__(self, scheme: object) -> bool:
        return True

    def __missing__(self, scheme: str) -> Any:
        raise LookupError(scheme)


class _Parser(BaseParser):  # type: ignore[misc]  # it brings no types
    """prance's parser for a parsed tree, with a backend that does not stop at the first error."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        super().__init__(spec_string=_PARSED, lazy=True, backend="openapi-spec-validator")
        self._spec_string = None
        self.specification = tree
        self._rules = SpecValidator

    def _validate_openapi_spec_validator(self, _version: object) -> None:
        self._rules = get_validator_cls(self.specification)

    def errors(self) -> Iterator[Located]:
        """Yield the errors of the version's JSON Schema, then those of its other rules."""
        if not self._rules.schema_validator.is_valid(
            self.specification
        ):  # in Rust; says too little
            schema = dict(_SCHEMAS[self._rules])
            for error in validator_for(schema)(schema).iter_errors(self.specification):
                yield Located((), error)
        place = SchemaPath.from_dict(
            self.specification, handlers=_NoHandlers(), resolved_cache_maxsize=128
        )
        yield from _collecting(self._rules)(place).root_validator(place)


@cache
def _collecting(rules: type[SpecValidator]) -> type[SpecValidator]:
    """Return a subclass of a version's validator that collects all errors, with positions."""
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
    """Mixin of a rule that adds positions to errors; an exception ends only the part it is in."""

    def __call__(self, *args: Any, **options: Any) -> Iterator[Located]:
        path = next(each for each in args if isinstance(each, SchemaPath))
        steps = (*path.parts, *(("default",) if isinstance(self, ValueValidator) else ()))
        try:
            for error in super().__call__(*args, **options):  # type: ignore[misc]
                yield error if isinstance(error, Located) else Located(steps, error)
        except _STUMBLES:
            yield Located(steps, None)


class _EveryError:
    """Mixin of a schema rule that reports all errors of a schema, not the first alone."""

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
    """Return a fast validator (in Rust) of schemas of a dialect, without error messages."""
    known = Registry([(uri, REGISTRY.contents(uri)) for uri in REGISTRY])
    return quick_validator_for(REGISTRY.contents(dialect), registry=known, offline=True)


class _Seen(set[int]):
    """Visited schemas as a set, in place of the backend's list, which it searches linearly."""

    append = set.add


class _Once:
    """Mixin of a schema rule that visits each schema once, also in recursive schemas."""

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
    """Mixin of an operation rule that validates request bodies like responses."""

    def __call__(self, *args: Any) -> Iterator[ValidationError]:
        yield from super().__call__(*args)  # type: ignore[misc]
        _, _, operation, _ = args
        if "requestBody" in operation and "content" in operation / "requestBody":
            content = self.registry["content"]  # type: ignore[attr-defined]
            yield from content(operation / "requestBody" / "content")
