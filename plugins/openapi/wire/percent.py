"""Percent-encoding (RFC 3986), as OpenAPI has it for each place."""

import re
from typing import Final
from urllib.parse import quote

from plugins.openapi.wire.scalars import utf8

# What ``allowReserved`` leaves as it is. In a query, the rest of the reserved characters is either
# not allowed (``[]#``) or means something to forms (``&=+``): OAS 3.1.2, appendices C and E.
RESERVED_IN_QUERY: Final = ":/?@!$'()*,;"
RESERVED_IN_PATH: Final = ":@!$&'()*+,;="
_PATH_LITERALS: Final = RESERVED_IN_PATH + "/"
_QUERY_LITERALS: Final = RESERVED_IN_QUERY + "&=+"
_TRIPLE: Final = re.compile(r"(%[0-9A-Fa-f]{2})")


def encoded(text: str) -> str:
    """Return a text with everything encoded but the unreserved characters."""
    return quote(utf8(text), safe="")


def encoded_but(text: str, kept: str) -> str:
    """Return a text encoded, in which the ``kept`` characters and percent-encoded triples stay."""
    pieces = _TRIPLE.split(text)  # every second one is a triple
    return "".join(
        piece if number % 2 else quote(utf8(piece), safe=kept)
        for number, piece in enumerate(pieces)
    )


def path_literal(text: str) -> str:
    """Return what a document says of a path as a URL has it."""
    return encoded_but(text, _PATH_LITERALS)


def query_literal(text: str) -> str:
    """Return what a document says of a query as a URL has it."""
    return encoded_but(text, _QUERY_LITERALS)
