"""Detection of the caller's API key in paths and bodies: ``/{api_key}/places``, ``{"api_key": …}``.

In a path or a body a key or token may as well be the subject of the call: the password of a new
user, the token to revoke, the secret of a service to connect. So an argument counts as the caller's
key only if its description says so or its name is unambiguous, and many operations of the document
require it; the others are suspects, which the operator is shown (`likely_credentials`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from domain.learning.api.fixed_arguments import properties_within
from domain.shared.json_schema import opened, properties_of, required_in, types_of
from plugins.openapi.lowering.walk import Schema
from plugins.openapi.operation import Operation, ParameterLocation, SecurityScheme
from plugins.openapi.reading.credentials import (
    ABOUT_CREDENTIALS,
    alternatives,
    may_name_credential,
    names_credential,
)
from plugins.openapi.reading.document import OpenApiDocument
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import References
from plugins.openapi.reading.values import bare_name, entries, text

Arguments = Mapping[str, SecurityScheme]

_SAYS_WHOSE: Final = re.compile(
    r"\byour (?:\w+ ){0,3}(?:key|token|secret)\b"
    r"|\bauthenticat(?:ion|ing) (?:key|token)\b"
    r"|\b(?:key|token|secret)\b[^.]{0,60}\bauthenticat(?:e|es|ion)\b",
    re.IGNORECASE,
)
_IS_ABOUT_THEM: Final = re.compile(  # of a path without its placeholders
    rf"{ABOUT_CREDENTIALS}"
    r"|keys?\b|tokens?\b|secrets?\b|credential|log-?_?in|sign-?_?(?:up|in)|regist|password"
    r"|connect|integration|hooks?\b",
    re.IGNORECASE,
)
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_NEVER: Final = frozenset({"password", "clientsecret", "privatekey", "credentials", "credential"})
_SEVERAL: Final = 2
_MANY: Final = 5  # operations, where the document has a security scheme for the same
_DEEPEST: Final = 4


class CallerKeys:
    """Finds the caller's keys in the operations of one document, of which it must get all."""

    def __init__(self, document: OpenApiDocument, operations: Sequence[Operation]) -> None:
        self._known = document.security_schemes
        self._total = len(operations)
        self._counts = Counter(
            name for each in operations for name in set(_names(each, document.references))
        )

    def of(self, operation: Operation, schema: Schema) -> Arguments:
        """Return the arguments of an operation that are the caller's keys, as security schemes."""
        found: dict[str, SecurityScheme] = {}
        for argument, name, described in _arguments(operation, schema):
            if self._is_key(operation, name, described):
                scheme = f"{argument}_key" if argument in self._known else argument
                found[scheme] = SecurityScheme(
                    "apiKey", name=name, is_parameter=True, argument=argument
                )
        return found

    def _is_key(self, operation: Operation, name: str, described: str) -> bool:
        bare = bare_name(name)
        path = _PLACEHOLDER.sub("", operation.path)
        if bare in _NEVER or not may_name_credential(bare) or _IS_ABOUT_THEM.search(path):
            return False
        count, total = self._counts[bare], self._total
        says_so = _SAYS_WHOSE.search(described) is not None
        if operation.security:
            return says_so and count >= min(_MANY, total / 2)
        if says_so:
            return count >= min(_SEVERAL, total)
        return names_credential(bare) and count >= max(_SEVERAL, total / 2)


def with_keys(operation: Operation, keys: Arguments, schema: Schema) -> Operation:
    """Return the operation with the keys added to its security and schemes."""
    if not keys:
        return operation
    needed = _needed(operation, schema)
    must = {name: scheme for name, scheme in keys.items() if scheme.argument in needed}
    may = {name: scheme for name, scheme in keys.items() if name not in must}
    in_path = {name for name, scheme in keys.items() if "." not in scheme.argument}
    security = [
        each for each in alternatives(operation.security, must, may) if in_path <= each.keys()
    ]
    return replace(operation, security=security, schemes={**operation.schemes, **keys})


def _needed(operation: Operation, schema: Schema) -> set[str]:
    """Return the required arguments, those within a required body included."""
    needed = set(required_in(schema))
    body = operation.body.argument if operation.body else ""
    if body in needed:
        inner = opened(properties_of(schema).get(body), schema)
        needed |= {f"{body}.{name}" for name in required_in(inner)}
    return needed


def _arguments(operation: Operation, schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Yield the string arguments of path and body: argument, name and description."""
    for parameter in operation.parameters:
        if parameter.place is ParameterLocation.PATH and parameter.argument:
            yield parameter.argument, parameter.name, parameter.description
    if operation.body is not None:
        body = operation.body.argument
        for name, inner in properties_within(schema, body).items():
            if "." not in name and types_of(inner) == ["string"]:
                yield f"{body}.{name}", name, text(entries(inner).get("description"))


def _names(operation: Operation, references: References) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.place is ParameterLocation.PATH:
            yield bare_name(parameter.name)
    if operation.body is not None:
        for content in operation.body.contents:
            yield from map(bare_name, _properties(content.schema, references, _DEEPEST))


def _properties(schema: Any, references: References, depth: int) -> Iterator[str]:
    try:
        whole = entries(references.resolved(schema))
    except BadReference:
        return
    yield from entries(whole.get("properties"))
    if depth:
        parts = whole.get("allOf")
        for part in parts if isinstance(parts, list) else ():
            yield from _properties(part, references, depth - 1)
