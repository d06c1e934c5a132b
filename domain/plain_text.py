"""Text that every store and every client can hold."""

import re
from typing import Final

_UNFIT: Final = re.compile("[\0\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Return the text with U+FFFD for NUL and for each half of a surrogate pair.

    PostgreSQL keeps no NUL, and UTF-8 has no halves. Two halves that stand together, as Python
    leaves them when it joins pieces, become the character that they make.
    """
    if text.isascii() and "\0" not in text:  # nearly always
        return text
    if _UNFIT.search(text) is None:
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")
