"""Styles of parameters: the expansions of RFC 6570, and those that OpenAPI adds.

What OpenAPI leaves undefined is decided here: a style that its location does not have is that
location's default; a nested value is serialized as JSON, in ``deepObject`` under a name such as
``a[b][0]``; null, an empty list and an empty object are left out, as undefined values in RFC 6570.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from domain.shared.errors import InvalidArguments
from plugins.openapi.wire.scalars import text_of
from plugins.openapi.wire.shapes import items_of, may_be_left_out, property_of

Encode = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Style:
    """A style: ``separator`` joins exploded values, ``delimiter`` those that are not exploded.

    ``first`` is the prefix. With ``named`` each value follows its name and ``=``; with ``bare`` the
    name stands without ``=`` if the value is empty.
    """

    first: str
    separator: str
    delimiter: str
    named: bool
    bare: bool = False


EMPTY: Final[tuple[Any, ...]] = (None, [], {})
SIMPLE: Final = Style("", ",", ",", named=False)
FORM: Final = Style("", "&", ",", named=True)
PATH_STYLES: Final[Mapping[str, Style]] = {
    "simple": SIMPLE,
    "label": Style(".", ".", ",", named=False),
    "matrix": Style(";", ";", ",", named=True, bare=True),
    "spaceDelimited": Style("", ",", "%20", named=False),  # Swagger 2 has these three everywhere
    "pipeDelimited": Style("", ",", "%7C", named=False),
    "tabDelimited": Style("", ",", "%09", named=False),
}
HEADER_STYLES: Final[Mapping[str, Style]] = {
    "simple": SIMPLE,
    "spaceDelimited": Style("", ",", " ", named=False),
    "pipeDelimited": Style("", ",", "|", named=False),
    "tabDelimited": Style("", ",", "\t", named=False),
}
QUERY_STYLES: Final[Mapping[str, Style]] = {
    "form": FORM,
    "spaceDelimited": Style("", "&", "%20", named=True),
    "pipeDelimited": Style("", "&", "%7C", named=True),
    "tabDelimited": Style("", "&", "%09", named=True),
}
COOKIE_STYLES: Final[Mapping[str, Style]] = {
    "form": FORM,
    "cookie": Style("", "; ", ",", named=True),
}


def expand(
    style: Style, name: str, value: Any, *, explode: bool, encode: Encode, schema: Any = None
) -> str | None:
    """Serialize a value in a style; None if it is empty. ``name`` is encoded already."""
    match value:
        case None:
            return None
        case dict():
            members = [
                (encode(str(key)), encode(text_of(item)))
                for key, item in value.items()
                if item is not None
            ]
            return _object(style, name, members, explode=explode)
        case list() | tuple():
            inner = items_of(schema)
            items = [encode(text_of(item, inner)) for item in value if item is not None]
            return _array(style, name, items, explode=explode)
        case _:
            return style.first + _pair(style, name, encode(text_of(value, schema)))


def deep_object(name: str, value: Any, encode: Encode, shape: Any = None) -> Iterator[str]:
    """Yield ``name[key]=value`` for each leaf of a value; ``name`` is encoded already.

    Raises:
        InvalidArguments: a part that may not be left out is empty.

    """
    match value:
        case None:
            return
        case dict():
            for key, item in value.items():
                inner = f"{name}%5B{encode(str(key))}%5D"
                if item in EMPTY and not may_be_left_out(shape, str(key)):
                    raise nothing_to_write(unquote(inner))
                yield from deep_object(inner, item, encode, property_of(shape, str(key)))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from deep_object(f"{name}%5B{index}%5D", item, encode, items_of(shape))
        case _:
            yield f"{name}={encode(text_of(value, shape))}"


def nothing_to_write(name: str) -> InvalidArguments:
    """Return the error for a required value that serializes to nothing."""
    return InvalidArguments(f"{name!r} is empty, and cannot be sent so: give it a value.")


def _pair(style: Style, name: str, text: str) -> str:
    if not style.named:
        return text
    return name if style.bare and not text else f"{name}={text}"


def _array(style: Style, name: str, items: list[str], *, explode: bool) -> str | None:
    if not items:
        return None
    if not explode:
        return style.first + _pair(style, name, style.delimiter.join(items))
    return style.first + style.separator.join(_pair(style, name, item) for item in items)


def _object(
    style: Style, name: str, members: list[tuple[str, str]], *, explode: bool
) -> str | None:
    if not members:
        return None
    if not explode:
        joined = style.delimiter.join(part for member in members for part in member)
        return style.first + _pair(style, name, joined)
    bare = style.bare
    pairs = (key if bare and not text else f"{key}={text}" for key, text in members)
    return style.first + style.separator.join(pairs)
