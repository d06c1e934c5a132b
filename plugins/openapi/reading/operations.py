"""The operations of a document: each is read on its own, so that a bad one harms no other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.shared.json_pointers import join
from plugins.openapi.operation import Operation, SecurityScheme, Server
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
_MOST_STEPS: Final = 20  # from one path to the next
_NOT_CALLED: Final = frozenset({"CONNECT"})


@dataclass(frozen=True, slots=True)
class Common:
    """What holds for all operations of a document that do not say otherwise.

    There may be ``most`` of them.
    """

    servers: Sequence[Server]
    schemes: Mapping[str, SecurityScheme]
    source: str
    most: int


def read_operations(
    tree: Mapping[str, Any], references: References, common: Common
) -> Iterator[Operation | Skipped]:
    """Yield each operation, or why it cannot be learned, in the order of the document.

    Raises:
        DocumentRefused: there are too many.

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
        for found in _path_operations(path, value, tree, references, common):
            read += 1
            if read > common.most:
                message = f"The document has more than {common.most:,} operations."
                raise DocumentRefused(Reason.TOO_LARGE, message)
            yield found


def _path_operations(
    path: str, value: Any, tree: Mapping[str, Any], references: References, common: Common
) -> Iterator[Operation | Skipped]:
    pointer = join("paths", path)
    try:
        item = _with_referred(value, references)
    except BadReference as error:
        yield Skipped(f"* {path}", error.reason, pointer, error.message)
        return
    if not isinstance(item, dict):
        yield Skipped(f"* {path}", Reason.INVALID, pointer, "A path must be an object.")
        return
    seen: set[str] = set()
    for each, method, place, operation in _all_operations(item):
        name, at = f"{method} {path}", pointer + place
        reader = _Reader(tree, references, common, each)
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
    """Return an operation, what it refers to added: some documents keep each in a file.

    Raises:
        BadReference: there is none.

    """
    operation = _with_referred(value, references)
    if not isinstance(operation, dict):
        raise BadReference(Reason.INVALID, "An operation must be an object.")
    if operation is not value and _OF_OPERATIONS.isdisjoint(operation):
        raise BadReference(Reason.INVALID, "The operation refers to what is none.")
    return operation


def _with_referred(value: Any, references: References) -> Any:
    """Return an object with what it refers to; its own fields count more.

    Raises:
        BadReference: it refers to nothing that may be read, or to itself.

    """
    for _ in range(_MOST_STEPS):
        if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
            return value
        found = references.follow(value["$ref"]).value
        own = {key: field for key, field in value.items() if key != "$ref"}
        value = {**found, **own} if isinstance(found, dict) else found
    raise BadReference(Reason.CIRCULAR_REFERENCE, "The reference leads back to itself.")


def _all_operations(
    item: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], str, str, Any]]:
    """Yield the operations of a path, each with its path item: the last one's come first."""
    waiting = [item]
    while waiting:
        one = waiting.pop(0)
        yield from ((one, *found) for found in _operations_in(one))
        former = one.get(TWICE)
        waiting += (
            [each for each in former if isinstance(each, dict)] if isinstance(former, list) else []
        )


def _operations_in(item: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield methods, as they go on the wire, with the operations and where they stand."""
    for key, value in item.items():
        if key.lower() in METHODS:
            yield key.upper(), join(key), value
        elif key == "additionalOperations":
            for method, operation in entries(value).items():
                yield method, join(key, method), operation
        elif _is_operation(key, value):
            yield key.upper(), join(key), value


def _is_operation(key: str, value: Any) -> bool:
    """Tell whether what no version knows is meant for a method: ``link``, ``purge``."""
    known = key.lower() in _FIELDS or key.startswith("x-")
    return not known and isinstance(value, dict) and "responses" in value


class _Reader:
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
        """Return the operation.

        Raises:
            BadReference: the body cannot be known, or the path not be filled.

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
        asked, schemes = with_credentials(
            path, parameters, security or [], self._schemes(security or []), self._common.schemes
        )
        return Operation(
            method=method,
            path=path,
            servers=self._own_servers(raw),
            parameters=parameters,
            body=body,
            security=asked,
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

    def _own_servers(self, raw: Mapping[str, Any]) -> Sequence[Server]:
        """Return the nearest servers: the operation's, the path's, the document's."""
        if own := named_servers(raw) or named_servers(self._item):
            return own
        if raw.get("schemes") and "swagger" in self._tree:
            return servers_of({**self._tree, "schemes": schemes_of(raw, "")}, "")
        return self._common.servers


def _of_body(declared: Sequence[Declared]) -> Sequence[Declared]:
    return [one for one in declared if one.place in ("body", "formdata")]
