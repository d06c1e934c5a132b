"""Builder of the HTTP request of a call, from the operation and the arguments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from domain.shared.errors import InvalidArguments
from domain.web.ports import WebRequest
from plugins.openapi.operation import Operation, Parameter, ParameterLocation
from plugins.openapi.path_template import PLACEHOLDER, PathTemplate, path_template
from plugins.openapi.reserved import idempotency_key, is_idempotency_key, is_reserved
from plugins.openapi.wire.bodies import content_of, encode_body
from plugins.openapi.wire.parameters import (
    as_query,
    header_value,
    in_cookie,
    in_header,
    in_path,
    in_query,
)
from plugins.openapi.wire.percent import path_literal, query_literal
from plugins.openapi.wire.servers import server_url
from plugins.openapi.wire.styles import nothing_to_write

_ACCEPT: Final = "application/json, */*;q=0.8"
_STEPS: Final = re.compile(r"[/\\\\]")
_IN_URL: Final = (ParameterLocation.QUERY, ParameterLocation.PATH)
_ABSENT: Final = object()


def build_request(
    operation: Operation,
    arguments: Mapping[str, Any],
    *,
    server: str | None = None,
    media_type: str | None = None,
    call_id: str = "",
) -> WebRequest:
    """Return the request of a call, without credentials.

    ``server`` replaces the document's servers, ``media_type`` selects the content of the body, and
    ``call_id`` is the value of the idempotency key, where the operation has one.

    Raises:
        InvalidArguments: an argument is unknown, missing, or cannot be serialized.
        ToolFailed: the API's server is not known.

    """
    values = _values(operation, arguments, call_id)
    headers = [
        ("Accept", _ACCEPT),
        *_headers(values[ParameterLocation.HEADER]),
        *_cookies(values[ParameterLocation.COOKIE]),
    ]
    body = b""
    if operation.body is not None and (value := _body(operation, arguments)) is not _ABSENT:
        kind, body = encode_body(content_of(operation.body, media_type), value)
        headers.append(("Content-Type", header_value("Content-Type", kind)))
    url = _url(operation, values, server_url(operation, server))
    return WebRequest(operation.method.upper(), url, tuple(headers), body)


Values = Mapping[ParameterLocation, list[tuple[Parameter, Any]]]


def _values(operation: Operation, arguments: Mapping[str, Any], call_id: str) -> Values:
    """Return the parameters that have a value, by location."""
    known = {
        parameter.argument for parameter in operation.parameters if _is_set(parameter, operation)
    }
    if operation.body is not None:
        known.add(operation.body.argument)
    if unknown := [name for name in arguments if name not in known]:
        raise InvalidArguments(
            f"{operation.name} takes no argument {', '.join(map(repr, unknown))}."
        )
    values: dict[ParameterLocation, list[tuple[Parameter, Any]]] = {
        place: [] for place in ParameterLocation
    }
    for parameter in operation.parameters:
        value = _value(parameter, operation, arguments, call_id)
        if value is not _ABSENT:
            values[parameter.place].append((parameter, value))
    return values


def _value(
    parameter: Parameter, operation: Operation, arguments: Mapping[str, Any], call_id: str
) -> Any:
    if is_idempotency_key(parameter) and call_id:
        return idempotency_key(parameter, call_id)
    if not _is_set(parameter, operation):
        return _ABSENT
    given = arguments.get(parameter.argument, _ABSENT)
    if given is _ABSENT and parameter.required:
        raise InvalidArguments(f"The argument {parameter.argument!r} is missing.")
    return given


def _is_set(parameter: Parameter, operation: Operation) -> bool:
    """Return whether the model sets the parameter."""
    return bool(parameter.argument) and not is_reserved(parameter, operation.schemes.values())


def _body(operation: Operation, arguments: Mapping[str, Any]) -> Any:
    body = operation.body
    if body is None:
        return _ABSENT
    given = arguments.get(body.argument, _ABSENT)
    if given is _ABSENT and body.required:
        raise InvalidArguments(f"The argument {body.argument!r} is missing: the request's body.")
    return _ABSENT if given is None and not body.required else given


def _headers(values: list[tuple[Parameter, Any]]) -> list[tuple[str, str]]:
    written = [
        (parameter.name, _require_text(parameter, in_header(parameter, value)))
        for parameter, value in values
    ]
    return [(name, text) for name, text in written if text is not None]


def _require_text(parameter: Parameter, text: str | None) -> str | None:
    """Return the serialized value; raise if it is None and the parameter is required."""
    if text is None and parameter.required:
        raise nothing_to_write(parameter.argument)
    return text


def _cookies(values: list[tuple[Parameter, Any]]) -> list[tuple[str, str]]:
    written = [_require_text(parameter, in_cookie(parameter, value)) for parameter, value in values]
    pairs = [text for text in written if text is not None]
    return [("Cookie", "; ".join(pairs))] if pairs else []


def _url(operation: Operation, values: Values, server: str) -> str:
    base, _, base_query = server.partition("#")[0].partition("?")
    template = path_template(operation.path)
    path = _path(
        template.path,
        {p.name: (p, value) for p, value in values[ParameterLocation.PATH]},
        operation,
    )
    queries = [query_literal(base_query), *_own_query(template, values)]
    for parameter, value in values[ParameterLocation.QUERYSTRING]:
        queries.append(as_query(parameter, value))
    for parameter, value in values[ParameterLocation.QUERY]:
        if parameter.name not in template.query_names:
            queries.append(
                _require_text(parameter, "&".join(in_query(parameter, value)) or None) or ""
            )
    query = "&".join(part for part in queries if part)
    return _joined(base, path) + (f"?{query}" if query else "")


def _own_query(template: PathTemplate, values: Values) -> Iterator[str]:
    """Yield the parts of the query in the path, with placeholders filled.

    A part is left out if one of its placeholders has no value, or if a parameter of its name has
    one, since that would be sent twice.
    """
    given = {p.name: (p, value) for place in _IN_URL for p, value in values[place]}
    for part in template.query:
        if any(name not in given for name in part.names):
            continue
        if part.is_plain:
            parameter, value = given[part.names[0]]
            named = replace(parameter, name=part.key, place=ParameterLocation.QUERY)
            yield _require_text(parameter, "&".join(in_query(named, value)) or None) or ""
        elif part.names or part.key not in given:
            pieces = PLACEHOLDER.split(part.text)  # every second one is a name
            texts = [in_path(*given[name]) for name in pieces[1::2]]
            yield _alternating([query_literal(piece) for piece in pieces[::2]], texts)


def _alternating(literals: Sequence[str], texts: Sequence[str]) -> str:
    return "".join(part for pair in zip_longest(literals, texts, fillvalue="") for part in pair)


def _joined(base: str, path: str) -> str:
    parts = urlsplit(base)
    prefix = path_literal(parts.path).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{prefix}/{path.removeprefix('/')}"


def _path(template: str, values: Mapping[str, tuple[Parameter, Any]], operation: Operation) -> str:
    segments = template.split("/")
    written = [_segment(segment, values, operation) for segment in segments]
    if segments[-1] and written[-1] in ("", "."):  # else /things/{id} would become /things/
        raise InvalidArguments(f"The last part of the path {operation.path!r} would be empty.")
    return "/".join(written)


def _segment(
    segment: str, values: Mapping[str, tuple[Parameter, Any]], operation: Operation
) -> str:
    """Return a path segment with its values, checked against path traversal.

    Raises:
        InvalidArguments: it would be a dot segment, or a value is missing.

    """
    pieces = PLACEHOLDER.split(segment)  # every second one is a name
    for name in pieces[1::2]:
        if name not in values:
            raise InvalidArguments(f"The path of {operation.name} needs a value for {name!r}.")
    texts = [in_path(*values[name]) for name in pieces[1::2]]
    literals = [path_literal(piece) for piece in pieces[::2]]
    written = _alternating(literals, texts)
    if any(_climbs(text) for text in texts) or (
        written in (".", "..") and any(values[name][1] != "" for name in pieces[1::2])
    ):
        raise InvalidArguments("A part of a path cannot be '.' or '..'.")
    return written


def _climbs(text: str) -> bool:
    """Return whether it contains ``..`` as a path step, even after decoding twice."""
    return ".." in _STEPS.split(unquote(unquote(text)))
