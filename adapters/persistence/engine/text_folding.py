"""Text as a search compares it: in lower case, without accents."""

import unicodedata
from typing import Final

# The combining diacritical marks of Unicode, which decomposed letters carry their accents in.
_MARKS: Final = dict.fromkeys(range(768, 880))

# What SQL makes of a column, by engine; SQLite is given `folded` by the connection.
FOLDED: Final = {
    "postgresql": (
        "regexp_replace(normalize(lower({column}), NFKD), U&'[\\0300-\\036F]', '', 'g')"
    ),
    "sqlite": "folded({column})",
}


def folded(text: str | None) -> str | None:
    """Return the text as `FOLDED` has it in SQL."""
    if text is None:
        return None
    return unicodedata.normalize("NFKD", text.lower()).translate(_MARKS)
