"""Allow-list of charsets for decoding responses: not all of Python's codecs are safe.

Some are no charsets (``zip``, ``rot13``), some take quadratic time (``punycode``). Those of the
list are used on the web (https://encoding.spec.whatwg.org/#names-and-labels), and take linear time.
"""

import json
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

from domain.shared.json_values import refuse_constant
from plugins.openapi.wire.header_parameters import parameters_of

_CODECS: Final = frozenset(
    {
        *("ascii", "utf_8", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"),
        *("latin_1", "koi8_r", "koi8_u", "cp437", "cp850", "cp866", "cp874", "mac_roman"),
        *(f"iso8859_{part}" for part in (*range(1, 12), *range(13, 17))),
        *(f"cp125{page}" for page in range(9)),
        *("shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr", "cp949"),
        *("gb2312", "gbk", "gb18030", "big5", "big5hkscs"),
    }
)
_LABELS: Final = {alias: codec for alias, codec in aliases.items() if codec in _CODECS} | {
    codec: codec for codec in _CODECS
}


def declared(media_type: str) -> str | None:
    """Return the codec of the charset in a Content-Type; None if it has none that is known."""
    return _LABELS.get(normalize_encoding(parameters_of(media_type).get("charset", "")).lower())


def read_json(body: bytes, media_type: str) -> object:
    """Parse a body as JSON, in its declared charset, or in the one detected from its first bytes.

    JSON is UTF-8 (RFC 8259, 8.1), but older servers send the charset that they declare.

    Raises:
        ValueError: the body is not JSON.
        RecursionError: the JSON is nested too deeply.

    """
    codec = declared(media_type)
    if codec is not None and codec != "utf_8":
        try:
            return _parsed(body.decode(codec))
        except ValueError:
            pass  # the declared charset is wrong
    return _parsed(body.decode(json.detect_encoding(body)))


def read_text(body: bytes, media_type: str) -> str:
    """Decode a body as text; invalid bytes become replacement characters."""
    return body.decode(declared(media_type) or "utf-8", errors="replace")


def _parsed(text: str) -> object:
    return json.loads(text.removeprefix("\ufeff"), parse_constant=refuse_constant)
