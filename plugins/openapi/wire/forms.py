"""Serialization of ``application/x-www-form-urlencoded`` bodies, with Encoding Objects."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from domain.shared.errors import InvalidArguments
from plugins.openapi.wire.media_types import is_json
from plugins.openapi.wire.percent import RESERVED_IN_QUERY, encoded, encoded_but
from plugins.openapi.wire.scalars import compact, text_of, utf8
from plugins.openapi.wire.shapes import is_required, property_of
from plugins.openapi.wire.styles import FORM, QUERY_STYLES, deep_object, expand, nothing_to_write

_STYLED = frozenset({"style", "explode", "allowReserved"})


def form_encoded(value: Any, encoding: Mapping[str, Any], shape: Any) -> str:
    """Serialize an object as a form; a string is sent as it is.

    Raises:
        InvalidArguments: the value is neither, or a required field is empty.

    """
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise InvalidArguments("A form takes an object: its fields by their names.")
    parts = []
    for name, item in value.items():
        written = list(_field(name, item, encoding_of(encoding, name), property_of(shape, name)))
        if not written and is_required(shape, name):
            raise nothing_to_write(name)
        parts += written
    return "&".join(parts)


def encoding_of(encoding: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the Encoding Object of a property; an empty one if there is none."""
    one = encoding.get(name)
    return one if isinstance(one, Mapping) else {}


def is_styled(encoding: Mapping[str, Any]) -> bool:
    """Return whether the property is serialized in a style; its content type is then ignored."""
    return not _STYLED.isdisjoint(encoding)


def _field(name: str, value: Any, encoding: Mapping[str, Any], schema: Any) -> Iterator[str]:
    if value is None:
        return
    if is_styled(encoding):
        yield from _styled(name, value, encoding, schema)
    elif isinstance(value, list) and not is_json(str(encoding.get("contentType", ""))):
        for item in value:
            if item is not None:
                yield f"{_quoted(name)}={_quoted(text_of(item))}"
    else:
        explicit = is_json(str(encoding.get("contentType", "")))
        text = compact(value) if explicit else text_of(value, schema)
        yield f"{_quoted(name)}={_quoted(text)}"


def _styled(name: str, value: Any, encoding: Mapping[str, Any], schema: Any) -> Iterator[str]:
    style = str(encoding.get("style", "form"))
    explode = bool(encoding.get("explode", style == "form"))
    reserved = RESERVED_IN_QUERY if explode else RESERVED_IN_QUERY.replace(",", "")
    allows = encoding.get("allowReserved") is True
    encode = partial(encoded_but, safe=reserved) if allows else encoded
    if style == "deepObject" and isinstance(value, dict | list):
        yield from deep_object(encoded(name), value, encode, schema)
        return
    text = expand(
        QUERY_STYLES.get(style, FORM),
        encoded(name),
        value,
        explode=explode,
        encode=encode,
        schema=schema,
    )
    if text is not None:
        yield text


def _quoted(text: str) -> str:
    return quote_plus(utf8(text), safe="*")
