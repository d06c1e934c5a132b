"""Fields of a request that a server may refuse, and that the request can do without.

Which of them a model takes cannot be known beforehand: its name does not tell, and some depend on
whose key it is. A field that is refused is left out from then on, for that model.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from adapters.llm.reading.error_words import words_of_body

if TYPE_CHECKING:
    import httpx2

MEMENTOS = "mementos"  # stands, among the fields, for what earlier answers wanted given back

_REFUSALS = frozenset({400, 422, 500})  # llama.cpp says what a template refuses with 500
_MOST_MODELS = 1000  # that are remembered

Without = frozenset[str]
Encode = Callable[[Without], bytes]


class OptionalFields:
    """The optional fields of a dialect: how refusals name each, and which a model refused.

    ``named`` maps a field to a regular expression for the words that speak of it; fields that
    an error names apart from its words stand in quotation marks. ``passing`` are fields whose
    refusal tells nothing of the next request.
    """

    def __init__(self, named: Mapping[str, str], passing: Without = frozenset()) -> None:
        self._named = {
            field: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
            for field, words in named.items()
        }
        self._passing = passing
        self._refused: dict[str, Without] = {}  # by model

    def refused(self, model: str) -> Without:
        """Return the fields that the model is known to refuse."""
        return self._refused.get(model, frozenset())

    def remember(self, model: str, without: Without) -> None:
        """Take note that a request without these fields was taken."""
        if kept := without - self._passing:
            if len(self._refused) >= _MOST_MODELS:
                self._refused.clear()
            self._refused[model] = kept

    def refused_in(
        self, response: "httpx2.Response", encode: Encode, without: Without
    ) -> str | None:
        """Return the field that a response refuses and the request can leave out; else None.

        ``encode`` makes the request's body without some fields; ``without`` are those that it
        did not have.
        """
        if response.status_code not in _REFUSALS:
            return None
        words = words_of_body(response.content)
        quoted = [f"'{part}'" for name in words.fields for part in name.split(".")]
        said = "; ".join([*words.messages, *words.codes, *quoted])
        body = encode(without)
        for field, pattern in self._named.items():
            is_named = field not in without and pattern.search(said)
            if is_named and encode(without | {field}) != body:
                return field
        return None
