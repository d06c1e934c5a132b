"""Serialization of request bodies, by media type."""

import base64
from collections.abc import Sequence
from typing import Any

from domain.shared.errors import InvalidArguments
from plugins.openapi.operation import Content, OperationBody
from plugins.openapi.wire.files import BINARY, file_of, is_file, kind_of
from plugins.openapi.wire.forms import form_encoded
from plugins.openapi.wire.media_types import (
    ANYTHING,
    essence,
    is_form,
    is_json,
    is_json_lines,
    is_multipart,
    is_text,
    is_xml,
    preferred,
)
from plugins.openapi.wire.multipart import multipart_encoded
from plugins.openapi.wire.scalars import compact, text_of, utf8
from plugins.openapi.wire.shapes import is_base64, is_binary


def content_of(body: OperationBody, media_type: str | None) -> Content:
    """Return the content that the body is sent as: that of a media type, or the preferred one.

    Raises:
        InvalidArguments: the operation does not take that media type.

    """
    if not body.contents:
        return Content(media_type or "application/json", {})
    if media_type is None:
        return preferred(body.contents)
    matches = [content for content in body.contents if _fits(content.media_type, media_type)]
    if not matches:
        accepted = ", ".join(content.media_type for content in body.contents)
        raise InvalidArguments(f"The body cannot be {media_type!r}; it can be: {accepted}.")
    best = min(matches, key=lambda content: content.media_type.count("*"))
    return Content(media_type, best.schema, best.encoding) if "*" in best.media_type else best


def encode_body(content: Content, value: Any) -> tuple[str, bytes]:
    """Return the Content-Type and the bytes of a body.

    Raises:
        InvalidArguments: the value cannot be serialized in that media type.

    """
    media_type = _concrete(content, value)
    if is_multipart(media_type):
        boundary, data = multipart_encoded(value, content.encoding, content.schema)
        return f"{essence(media_type)}; boundary={boundary}", data
    text = _as_text(media_type, content, value)
    if text is None:
        encoded = is_base64(content.schema)
        data = file_of(value, encoded=encoded).data
        return media_type, base64.b64encode(data) if encoded else data
    return _with_charset(media_type, text), utf8(text)


def _as_text(media_type: str, content: Content, value: Any) -> str | None:
    """Return the body as text, or None if the media type is binary."""
    if is_json(media_type):
        return compact(value)
    if is_form(media_type):
        return form_encoded(value, content.encoding, content.schema)
    if is_json_lines(media_type):
        return "".join(f"{compact(item)}\n" for item in _lines(value))
    if is_xml(media_type) and not isinstance(value, str):
        raise InvalidArguments(f"The body is {media_type}: write it as text.")
    return text_of(value, content.schema) if is_text(media_type) else None


def _concrete(content: Content, value: Any) -> str:
    """Return the media type of a value; guess it where the document has a range, or none."""
    media_type = content.media_type.strip()
    if media_type and "*" not in media_type:
        return media_type
    if is_file(value) and (given := file_of(value).media_type):
        return given
    if media_type in ANYTHING and (is_file(value) or is_binary(content.schema)):
        kind = kind_of(file_of(value))
        return kind if kind and _fits(media_type or "*", kind) else BINARY
    if media_type.startswith("text/"):
        return "text/plain"
    if media_type in ANYTHING:
        return (
            "text/plain" if isinstance(value, str) and media_type == "*/*" else "application/json"
        )
    return _within(media_type, value)


def _within(media_range: str, value: Any) -> str:
    """Return the media type of a file, within a range such as ``image/*``.

    Raises:
        InvalidArguments: the media type is unknown, or not within the range.

    """
    kind = kind_of(file_of(value))
    if not _fits(media_range, kind):
        raise InvalidArguments(
            f"The body is {media_range}: say which by a data: URL, such as data:image/png;base64,…"
        )
    return kind


def _fits(media_range: str, media_type: str) -> bool:
    declared, given = essence(media_range), essence(media_type)
    kind, _, rest = declared.partition("/")
    return declared == given or kind == "*" or (rest == "*" and given.startswith(f"{kind}/"))


def _lines(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _with_charset(media_type: str, text: str) -> str:
    """Add the charset to a ``text/`` type without one, if the text is not ASCII."""
    matters = media_type.lower().startswith("text/") and not text.isascii()
    return f"{media_type}; charset=utf-8" if matters and ";" not in media_type else media_type
