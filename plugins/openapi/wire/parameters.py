"""Serialization of parameters in paths, queries, headers and cookies."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from domain.shared.errors import InvalidArguments
from plugins.openapi.operation import Parameter
from plugins.openapi.wire.forms import form_encoded
from plugins.openapi.wire.media_types import essence, is_form, is_json
from plugins.openapi.wire.percent import (
    RESERVED_IN_PATH,
    RESERVED_IN_QUERY,
    encoded,
    encoded_but,
)
from plugins.openapi.wire.scalars import compact, text_of, utf8
from plugins.openapi.wire.styles import (
    COOKIE_STYLES,
    FORM,
    HEADER_STYLES,
    PATH_STYLES,
    QUERY_STYLES,
    SIMPLE,
    Encode,
    deep_object,
    expand,
)

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_IN_COOKIES: Final = re.compile(r"[^\x21-\x3a\x3c-\x7e]")  # RFC 6265, 4.1.1, but for , " and \
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def in_path(parameter: Parameter, value: Any) -> str:
    """Return the text that replaces ``{name}`` in the path.

    Raises:
        InvalidArguments: the value is empty.

    """
    encode = _encode(parameter, value, RESERVED_IN_PATH)
    if parameter.media_type is not None:
        text: str | None = encode(_content(parameter, value))
    else:
        style = PATH_STYLES.get(parameter.style, SIMPLE)
        text = expand(
            style,
            encoded(parameter.name),
            value,
            explode=parameter.explode,
            encode=encode,
            schema=parameter.schema,
        )
    if text is None:
        raise InvalidArguments(f"The path needs a value for {parameter.argument!r}.")
    return text


def in_query(parameter: Parameter, value: Any) -> Iterator[str]:
    """Yield the parameter's encoded parts of the query, to be joined by ``&``."""
    name, encode = encoded(parameter.name), _encode(parameter, value, RESERVED_IN_QUERY)
    if parameter.media_type is not None:
        yield f"{name}={encode(_content(parameter, value))}"
    elif parameter.style == "deepObject" and isinstance(value, dict | list):
        yield from deep_object(name, value, encode, parameter.schema)
    elif parameter.allow_empty and value in (None, [], {}):
        yield f"{name}="
    else:
        style = QUERY_STYLES.get(parameter.style, FORM)
        text = expand(
            style,
            name,
            value,
            explode=parameter.explode,
            encode=encode,
            schema=parameter.schema,
        )
        if text is not None:
            yield text


def as_query(parameter: Parameter, value: Any) -> str:
    """Return the whole query of a ``querystring`` parameter (OpenAPI 3.2)."""
    if parameter.media_type is not None and is_form(essence(parameter.media_type)):
        return form_encoded(value, {}, parameter.schema)
    return encoded(_content(parameter, value))


def in_header(parameter: Parameter, value: Any) -> str | None:
    """Return a header's value, which is never percent-encoded; None if it is empty.

    Raises:
        InvalidArguments: name or value is invalid, as one with a line break (header injection).

    """
    if parameter.media_type is not None:
        text: str | None = _content(parameter, value)
    else:
        style = HEADER_STYLES.get(parameter.style, SIMPLE)
        text = expand(
            style,
            parameter.name,
            value,
            explode=parameter.explode,
            encode=str,
            schema=parameter.schema,
        )
    return None if text is None else header_value(parameter.name, text)


def header_value(name: str, text: str) -> str:
    """Validate a header against header injection, and return its value.

    Raises:
        InvalidArguments: the name is invalid, or the value has line breaks or control characters.

    """
    if _NAME.fullmatch(name) is None:
        raise InvalidArguments(f"{name!r} cannot be the name of a header.")
    if _CONTROL.search(text):
        raise InvalidArguments(
            f"The header {name!r} cannot hold line breaks or control characters."
        )
    utf8(text)
    return text.strip(" \t")


def in_cookie(parameter: Parameter, value: Any) -> str | None:
    """Return the parameter's part of the ``Cookie`` header; None if it is empty.

    Raises:
        InvalidArguments: the value has characters that are not allowed in a cookie.

    """
    style = COOKIE_STYLES.get(parameter.style, FORM)
    if parameter.media_type is not None:
        return f"{encoded(parameter.name)}={encoded(_content(parameter, value))}"
    encode = encoded if style is FORM else partial(_cookie_text, parameter.name)
    return expand(
        style,
        encode(parameter.name),
        value,
        explode=parameter.explode,
        encode=encode,
        schema=parameter.schema,
    )


def cookie_pair(name: str, text: str) -> str:
    """Return a cookie whose value is not encoded.

    Raises:
        InvalidArguments: name or value has characters that are not allowed in a cookie.

    """
    return f"{_cookie_text(name, name)}={_cookie_text(name, text)}"


def _cookie_text(name: str, text: str) -> str:
    if _NOT_IN_COOKIES.search(text):
        raise InvalidArguments(
            f"The cookie {name!r} takes visible ASCII characters without semicolons."
        )
    return text


def _encode(parameter: Parameter, value: Any, reserved: str) -> Encode:
    if not parameter.allow_reserved:
        return encoded
    joined = isinstance(value, dict | list) and not parameter.explode
    return partial(encoded_but, safe=reserved.replace(",", "") if joined else reserved)


def _content(parameter: Parameter, value: Any) -> str:
    media_type = essence(parameter.media_type or "")
    if is_json(media_type):
        return compact(value)
    if is_form(media_type):
        return form_encoded(value, {}, parameter.schema)
    return text_of(value, parameter.schema)
