"""Serialization of multipart bodies (RFC 7578, RFC 2046), with Encoding Objects."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from domain.shared.errors import InvalidArguments
from plugins.openapi.wire.files import BINARY, file_of, is_file
from plugins.openapi.wire.forms import encoding_of, is_styled
from plugins.openapi.wire.media_types import is_json
from plugins.openapi.wire.percent import encoded
from plugins.openapi.wire.scalars import compact, text_of, utf8
from plugins.openapi.wire.shapes import is_binary, is_object, is_required, items_of, property_of
from plugins.openapi.wire.styles import FORM, QUERY_STYLES, deep_object, expand, nothing_to_write

_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers write them


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its name (None in a list of parts), its bytes, and the values of its headers."""

    name: str | None
    data: bytes
    media_type: str = ""
    filename: str = ""


def multipart_encoded(
    value: Any,
    encoding: Mapping[str, Any],
    shape: Any,
    *,
    boundary: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> tuple[str, bytes]:
    """Return the boundary and the body, whose parts are an object's properties or a list's items.

    Raises:
        InvalidArguments: the value is neither, or a required part is empty.

    """
    match value:
        case dict():
            parts = [
                part
                for name, item in value.items()
                for part in _parts_of(name, item, encoding_of(encoding, name), shape)
            ]
        case list():
            parts = [_part(None, item, "", items_of(shape)) for item in value]
        case _:
            raise InvalidArguments("A body of several parts takes an object: parts by their names.")
    mark = boundary()
    while any(mark.encode() in part.data for part in parts):
        mark = boundary()
    return mark, b"".join(_written(part, mark) for part in parts) + f"--{mark}--\r\n".encode()


def _parts_of(name: str, value: Any, encoding: Mapping[str, Any], shape: Any) -> Sequence[Part]:
    inner = property_of(shape, name)
    parts = [] if value is None else list(_property(name, value, encoding, inner))
    if not parts and is_required(shape, name):
        raise nothing_to_write(name)
    return parts


def _property(name: str, value: Any, encoding: Mapping[str, Any], shape: Any) -> Iterator[Part]:
    media_type = _first_type(encoding)
    if is_styled(encoding):
        yield from _styled(name, value, encoding, shape)
    elif isinstance(value, list) and not is_json(media_type):
        inner = items_of(shape)
        for item in value:
            if item is not None:
                yield _part(name, item, media_type, inner)
    else:
        yield _part(name, value, media_type, shape)


def _part(name: str | None, value: Any, media_type: str, shape: Any) -> Part:
    described = is_file(value) and not is_object(shape)
    if described or is_binary(shape) or media_type == BINARY:
        file = file_of(value)
        kind = file.media_type or media_type or BINARY
        return Part(name, file.data, kind, file.filename or name or "file")
    if is_json(media_type) or (not media_type and isinstance(value, dict | list)):
        return Part(name, utf8(compact(value)), media_type or "application/json")
    return Part(name, utf8(text_of(value, shape)), media_type)


def _styled(name: str, value: Any, encoding: Mapping[str, Any], shape: Any) -> Iterator[Part]:
    """Yield the parts of a styled property, not percent-encoded (OAS 3.1.2, 4.8.15.1.2)."""
    style = str(encoding.get("style", "form"))
    explode = bool(encoding.get("explode", style == "form"))
    if style == "deepObject" and isinstance(value, dict | list):
        for pair in deep_object(encoded(name), value, encoded, shape):
            key, _, text = pair.partition("=")
            yield Part(unquote(key), utf8(unquote(text)))
    elif explode and isinstance(value, list):
        for item in value:
            if item is not None:
                yield Part(name, utf8(text_of(item)))
    elif explode and isinstance(value, dict):
        for key, item in value.items():
            if item is not None:
                yield Part(str(key), utf8(text_of(item)))
    else:
        joined = expand(QUERY_STYLES.get(style, FORM), "", value, explode=explode, encode=encoded)
        if joined is not None:
            yield Part(name, utf8(unquote(joined.removeprefix("="))))


def _written(part: Part, boundary: str) -> bytes:
    lines = [f"--{boundary}"]
    if part.name is not None:
        disposition = f'form-data; name="{part.name.translate(_ESCAPES)}"'
        if part.filename:
            disposition += f'; filename="{part.filename.translate(_ESCAPES)}"'
        lines.append(f"Content-Disposition: {disposition}")
    if part.media_type:
        lines.append(f"Content-Type: {part.media_type}")
    return utf8("\r\n".join([*lines, "", ""])) + part.data + b"\r\n"


def _first_type(encoding: Mapping[str, Any]) -> str:
    """Return the first content type that is no range, or ""."""
    listed = str(encoding.get("contentType", "")).split(",")
    return next((kind.strip() for kind in listed if kind.strip() and "*" not in kind), "")
