"""Leaves out optional request fields that a server refuses.

Whether a model accepts a field cannot be known beforehand: it depends on the model, the server, and
sometimes the account. A refused field is left out from then on for that model.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.llm.reading.error_words import words_of_body

if TYPE_CHECKING:
    import httpx2

MEMENTOS = "mementos"  # stands for the mementos of earlier answers, as if it was a field

# A value is refused, not the field: another one may be accepted.
_OF_VALUE = re.compile(
    r"too (large|small|high|low|big|many|long)|at (most|least)|(less|greater|more) than|maximum|"
    r"minimum|between|range",
    re.IGNORECASE,
)
_REFUSALS = frozenset({400, 422, 500})  # llama.cpp answers 500 where a template refuses
_MOST_MODELS = 1000  # that are remembered

Without = frozenset[str]


@dataclass(frozen=True, slots=True)
class RefusedField:
    """A field to leave out; ``lasts`` says whether the model refuses it whatever its value."""

    name: str
    lasts: bool


Encode = Callable[[Without], bytes]


class OptionalFields:
    """The optional fields of a dialect, and which of them each model has refused.

    ``named`` maps a field to a regular expression that finds it in an error message; names that an
    error gives in fields of its own are matched in quotation marks. ``passing`` are fields whose
    refusal concerns this request only and is not remembered.
    """

    def __init__(self, named: Mapping[str, str], passing: Without = frozenset()) -> None:
        self._named = {
            field: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
            for field, words in named.items()
        }
        self._passing = passing
        self._refused: dict[str, Without] = {}  # by model

    def refused(self, model: str) -> Without:
        """Return the fields that the model has refused so far."""
        return self._refused.get(model, frozenset())

    def remember(self, model: str, without: Without) -> None:
        """Remember for the model that it refuses these fields, whatever they hold."""
        if kept := without - self._passing:
            if len(self._refused) >= _MOST_MODELS:
                self._refused.clear()
            self._refused[model] = kept

    def refused_in(
        self, response: "httpx2.Response", encode: Encode, without: Without
    ) -> RefusedField | None:
        """Return the field to leave out that an error response refuses; None without one.

        ``encode`` returns the request's body without some fields; ``without`` are the fields that
        were left out already.
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
                return RefusedField(field, lasts=_OF_VALUE.search(said) is None)
        return None
