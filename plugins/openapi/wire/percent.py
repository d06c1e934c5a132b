"""Percent-encoding (RFC 3986), with OpenAPI's reserved characters of each location."""

import re
from typing import Final
from urllib.parse import quote

from plugins.openapi.wire.scalars import utf8

# ``allowReserved`` leaves these unencoded. In a query, the other reserved characters are either not
# allowed (``[]#``) or have a meaning in forms (``&=+``): OAS 3.1.2, appendices C and E.
RESERVED_IN_QUERY: Final = ":/?@!$'()*,;"
RESERVED_IN_PATH: Final = ":@!$&'()*+,;="
_PATH_LITERALS: Final = RESERVED_IN_PATH + "/"
_QUERY_LITERALS: Final = RESERVED_IN_QUERY + "&=+"
_TRIPLE: Final = re.compile(r"(%[0-9A-Fa-f]{2})")


def encoded(text: str) -> str:
    """Percent-encode a text, except the unreserved characters."""
    return quote(utf8(text), safe="")


def encoded_but(text: str, safe: str) -> str:
    """Percent-encode a text, except the ``safe`` characters and percent-encoded triples."""
    pieces = _TRIPLE.split(text)  # every second one is a triple
    return "".join(
        piece if number % 2 else quote(utf8(piece), safe=safe)
        for number, piece in enumerate(pieces)
    )


def path_literal(text: str) -> str:
    """Percent-encode the literal part of a path in a document."""
    return encoded_but(text, _PATH_LITERALS)


def query_literal(text: str) -> str:
    """Percent-encode the literal part of a query in a document."""
    return encoded_but(text, _QUERY_LITERALS)
