"""Files in arguments: as text, as a ``data:`` URL, or as an object with content and metadata."""

import base64
import binascii
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from domain.shared.errors import InvalidArguments
from plugins.openapi.wire.scalars import compact, utf8

BINARY: Final = "application/octet-stream"
_FILE: Final = frozenset({"content", "text", "filename", "media_type"})
_DATA_URL: Final = re.compile(
    r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[\w.+%-]+)*);base64,", re.ASCII
)
_NAMED: Final = re.compile(r";(?:file)?name=([^;]+)")
_MAGIC_NUMBERS: Final = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:; ?[\w-]+=[\w.+-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A file: its bytes, and its name and media type, empty where they are unknown."""

    data: bytes
    filename: str = ""
    media_type: str = ""


def is_file(value: Any) -> bool:
    """Return whether a value is an object that describes a file."""
    return (
        isinstance(value, Mapping)
        and ("content" in value or "text" in value)
        and value.keys() <= _FILE
        and all(isinstance(item, str) for item in value.values())
    )


def file_of(value: Any, *, encoded: bool = False) -> File:
    """Return the file of an argument.

    The argument is text (sent as it is), a ``data:`` URL, whose parameter ``name`` names the file,
    or an object: ``content`` (base64) or ``text``, and optionally ``filename`` and ``media_type``.
    Anything else is sent as JSON. With ``encoded`` a plain text is decoded if it is base64; that is
    not guessed, since many words happen to be base64.

    Raises:
        InvalidArguments: ``content`` is not base64, or ``media_type`` is no media type.

    """
    if is_file(value):
        return _described(value)
    if not isinstance(value, str):
        return File(utf8(compact(value)))
    if (url := _DATA_URL.match(value)) is not None:
        named = _NAMED.search(url[2])
        name = unquote(named[1]) if named else ""
        return File(_decoded(value[url.end() :]), filename=name, media_type=url[1] or "")
    if encoded:
        with suppress(InvalidArguments):
            return File(_decoded(value))
    return File(utf8(value))


def kind_of(file: File) -> str:
    """Return the media type of a file, declared or detected by its magic number, or ""."""
    detected = (kind for magic, kind in _MAGIC_NUMBERS if file.data.startswith(magic))
    return file.media_type or next(detected, "")


def _described(value: Mapping[str, str]) -> File:
    data = _decoded(value["content"]) if "content" in value else utf8(value["text"])
    media_type = value.get("media_type", "")
    if media_type and _MEDIA_TYPE.fullmatch(media_type) is None:
        raise InvalidArguments(f"{media_type!r} is no media type such as 'image/png'.")
    return File(data, value.get("filename", ""), media_type)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArguments("The content of a file is not base64.") from error
