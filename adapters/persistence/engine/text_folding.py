"""Folding of text for searches: lower case, without accents, in Python and in SQL."""

import unicodedata
from typing import Final

# The combining diacritical marks of Unicode: the accents of decomposed letters.
_MARKS: Final = dict.fromkeys(range(768, 880))

# The SQL expression for a column, by engine; the connection registers `folded` with SQLite.
FOLDED: Final = {
    "postgresql": (
        "regexp_replace(normalize(lower({column}), NFKD), U&'[\\0300-\\036F]', '', 'g')"
    ),
    "sqlite": "folded({column})",
}


def folded(text: str | None) -> str | None:
    """Return the text folded as by the SQL in `FOLDED`."""
    if text is None:
        return None
    return unicodedata.normalize("NFKD", text.lower()).translate(_MARKS)
