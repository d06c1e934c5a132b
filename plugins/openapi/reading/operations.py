"""Reader of the operations of a document; an invalid operation is skipped, the others are read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.shared.json_pointers import join
from plugins.openapi.operation import ApiServer, Operation, SecurityScheme
from plugins.openapi.path_template import path_template
from plugins.openapi.reading.bodies import read_body
from plugins.openapi.reading.credentials import with_credentials
from plugins.openapi.reading.parameters import Declared, declared_parameters, read_parameters
from plugins.openapi.reading.problems import BadReference, DocumentRefused, Reason, Skipped
from plugins.openapi.reading.references import References
from plugins.openapi.reading.security import requirements
from plugins.openapi.reading.servers import named_servers, schemes_of, servers_of
from plugins.openapi.reading.twice import TWICE
from plugins.openapi.reading.values import entries, is_true, text, texts

METHODS: Final = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
)
_FIELDS: Final = frozenset(
    {"$ref", "summary", "description", "servers", "parameters", "additionaloperations"}
)
_OF_OPERATIONS: Final = frozenset(
    {"responses", "parameters", "requestBody", "operationId", "summary", "description", "tags"}
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}\Z")
_MOST_STEPS: Final = 20  # references in a chain of path items
_NOT_CALLED: Final = frozenset({"CONNECT"})


@dataclass(frozen=True, slots=True)
class Common:
    """Defaults for all operations of a document, of which ``most`` are allowed."""

    servers: Sequence[ApiServer]
    schemes: Mapping[str, SecurityScheme]
    source: str
    most: int


def read_operations(
    tree: Mapping[str, Any], references: References, common: Common
) -> Iterator[Operation | Skipped]:
    """Yield each operation, or why it is skipped, in the order of the document.

    Raises:
        DocumentRefused: there are too many operations.

    """
    try:
        paths = references.resolved(tree.get("paths"))
    except BadReference as error:
        yield Skipped("* *", error.reason, "/paths", error.message)
        return
    read = 0
    for path, value in entries(paths).items():
        if path.startswith("x-") or value is None:
            continue
        for operation in _path_operations(path, value, tree, references, common):
            read += 1
            if read > common.most:
                message = f"The document has more than {common.most:,} operations."
                raise DocumentRefused(Reason.TOO_LARGE, message)
            yield operation


def _path_operations(
    path: str, value: Any, tree: Mapping[str, Any], references: References, common: Common
) -> Iterator[Operation | Skipped]:
    pointer = join("paths", path)
    try:
        item = _merged_with_target(value, references)
    except BadReference as error:
        yield Skipped(f"* {path}", error.reason, pointer, error.message)
        return
    if not isinstance(item, dict):
        yield Skipped(f"* {path}", Reason.INVALID, pointer, "A path must be an object.")
        return
    seen: set[str] = set()
    for each, method, place, operation in _all_operations(item):
        name, at = f"{method} {path}", pointer + place
        reader = _OperationReader(tree, references, common, each)
        if method in seen:
            yield Skipped(name, Reason.INVALID, at, "The path has this method twice.")
        elif method in _NOT_CALLED or not _TOKEN.match(method):
            yield Skipped(name, Reason.UNKNOWN_METHOD, at, "No such method can be called.")
        else:
            seen.add(method)
            try:
                yield reader.read(method, path, _operation(operation, references))
            except BadReference as error:
                yield Skipped(name, error.reason, at, error.message)


def _operation(value: Any, references: References) -> Mapping[str, Any]:
    """Return an operation merged with what it refers to: some documents have a file for each.

    Raises:
        BadReference: there is no operation, or the reference cannot be resolved.

    """
    operation = _merged_with_target(value, references)
    if not isinstance(operation, dict):
        raise BadReference(Reason.INVALID, "An operation must be an object.")
    if operation is not value and _OF_OPERATIONS.isdisjoint(operation):
        raise BadReference(Reason.INVALID, "The operation refers to what is none.")
    return operation


def _merged_with_target(value: Any, references: References) -> Any:
    """Return an object merged with what it refers to; its own fields take precedence.

    Raises:
        BadReference: the reference cannot be resolved, or leads back to itself.

    """
    for _ in range(_MOST_STEPS):
        if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
            return value
        target = references.follow(value["$ref"]).value
        own = {key: field for key, field in value.items() if key != "$ref"}
        value = {**target, **own} if isinstance(target, dict) else target
    raise BadReference(Reason.CIRCULAR_REFERENCE, "The reference leads back to itself.")


def _all_operations(
    item: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], str, str, Any]]:
    """Yield the operations of a path, each with its path item; of duplicates the last one first."""
    waiting = [item]
    while waiting:
        one = waiting.pop(0)
        yield from ((one, *operation) for operation in _operations_in(one))
        former = one.get(TWICE)
        waiting += (
            [each for each in former if isinstance(each, dict)] if isinstance(former, list) else []
        )


def _operations_in(item: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield each method as it is sent, with the pointer and the value of its operation."""
    for key, value in item.items():
        if key.lower() in METHODS:
            yield key.upper(), join(key), value
        elif key == "additionalOperations":
            for method, operation in entries(value).items():
                yield method, join(key, method), operation
        elif _is_operation(key, value):
            yield key.upper(), join(key), value


def _is_operation(key: str, value: Any) -> bool:
    """Return whether a field that no version defines is a method: ``link``, ``purge``."""
    known = key.lower() in _FIELDS or key.startswith("x-")
    return not known and isinstance(value, dict) and "responses" in value


class _OperationReader:
    """Reads the operations of one path."""

    def __init__(
        self,
        tree: Mapping[str, Any],
        references: References,
        common: Common,
        item: Mapping[str, Any],
    ) -> None:
        self._tree, self._references = tree, references
        self._common, self._item = common, item

    def read(self, method: str, path: str, raw: Mapping[str, Any]) -> Operation:
        """Read an operation.

        Raises:
            BadReference: the body cannot be resolved, or the path is invalid.

        """
        if not path_template(path).is_fillable:
            message = "The path has a brace that belongs to no placeholder."
            raise BadReference(Reason.INVALID, message)
        declared, unknown = declared_parameters(
            [self._item.get("parameters"), raw.get("parameters")], path, self._references
        )
        parameters, notes = read_parameters(declared, path)
        body = read_body(raw, self._tree, _of_body(declared), self._references)
        security = requirements(raw.get("security"))
        if security is None:
            security = requirements(self._tree.get("security"))
        security, schemes = with_credentials(
            path, parameters, security or [], self._schemes(security or []), self._common.schemes
        )
        return Operation(
            method=method,
            path=path,
            servers=self._own_servers(raw),
            parameters=parameters,
            body=body,
            security=security,
            operation_id=text(raw.get("operationId")).strip(),
            summary=text(raw.get("summary")) or text(self._item.get("summary")),
            description=text(raw.get("description")) or text(self._item.get("description")),
            tags=[tag for tag in texts(raw.get("tags")) if tag],
            deprecated=is_true(raw.get("deprecated")),
            schemes=schemes,
            source=self._common.source,
            notes=[*unknown, *notes],
        )

    def _schemes(
        self, security: Sequence[Mapping[str, Sequence[str]]]
    ) -> Mapping[str, SecurityScheme]:
        known = self._common.schemes
        return {name: known[name] for each in security for name in each if name in known}

    def _own_servers(self, raw: Mapping[str, Any]) -> Sequence[ApiServer]:
        """Return the servers of the operation, else of the path, else of the document."""
        if own := named_servers(raw) or named_servers(self._item):
            return own
        if raw.get("schemes") and "swagger" in self._tree:
            return servers_of({**self._tree, "schemes": schemes_of(raw, "")}, "")
        return self._common.servers


def _of_body(declared: Sequence[Declared]) -> Sequence[Declared]:
    return [one for one in declared if one.place in ("body", "formdata")]
