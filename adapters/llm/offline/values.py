"""Finds values and their positions in a message: quotes, identifiers, numbers, dates ..."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from adapters.llm.offline.text.dates import Moment, find_moments
from adapters.llm.offline.text.expressions import REFERS, Expression, as_operand, find_expression
from adapters.llm.offline.text.language import WORD, Language, fold
from adapters.llm.offline.text.numbers import NUMERAL, number, plain, word_value
from adapters.llm.offline.text.places import find_zones

_LONGEST = 20_000  # characters of a message that are searched for values

_QUOTED = re.compile(
    r"«\s*([^»]*?)\s*»|“([^”]*)”|„([^“”]*)[“”]|\"([^\"]*)\"|`([^`]*)`|(?<!\w)'([^'\n]*)'(?!\w)"
    r"|(?<!\w)\u2018([^\u2019\n]*)\u2019(?!\w)"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_URI = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'«»“”]+", re.IGNORECASE)
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_REGION = re.compile(
    r"(?<![\w-])(?:(?:us|eu|ap|sa|ca|me|af|il|cn|mx|europe|asia|australia|africa|northamerica|"
    r"southamerica)(?:-[a-z]{2,12}){1,3}-?\d{1,2}[a-z]?|(?:uk|japan|canada|australia)"
    r"(?:south|west|east|central)|(?:north|south|west|east|central){1,2}(?:us|europe|asia|india)\d?)"
    r"(?![\w-])"
)
_IDENTIFIER = re.compile(r"(?<![\w@/.:-])[^\W_][\w.:/-]*[\w](?![\w@])|(?<!\w)#\d+\b")
_NUMBER = re.compile(
    rf"(?<![\w.,/:-])(?P<minus>-)?[$€£]?(?P<numeral>{NUMERAL})(?![\d/:]|-\d)(?=%|[^\w]|[a-z€]|$)"
)
_SENTENCE_END = ".,;:!?"


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A JSON value and its span in the message."""

    value: Any
    start: int
    end: int

    def overlaps(self, others: Iterable[tuple[int, int]]) -> bool:
        """Return whether it overlaps one of the spans."""
        return any(start < self.end and self.start < end for start, end in others)


def is_identifier(word: str) -> bool:
    """Return whether a word looks like a technical name: ``i-0abc``, ``web_1``, ``SKU``."""
    body = word.lstrip("#")
    has_digit = any(char.isdigit() for char in body)
    has_letter = any(char.isalpha() for char in body)
    joined = any(sign in body for sign in "-_:/.")
    is_code = body.isupper() and len(body) > 1
    return (has_digit and has_letter) or (has_letter and joined) or is_code or word.startswith("#")


class Reading:
    """One message, parsed once: its text and the values in it.

    ``previous`` is the earlier result that "that" refers to, and ``zone`` where the user is, if
    that was said; relative dates count from ``today``. A message is searched up to its first 20,000
    characters.
    """

    def __init__(
        self,
        text: str,
        language: Language,
        today: date,
        previous: str | None,
        zone: str | None = None,
    ) -> None:
        self.text = text[:_LONGEST]
        self.folded = fold(self.text)
        self.language = language
        self.today = today
        self.previous = previous
        self.zone = zone

    def part(self, text: str, previous: str | None = None) -> "Reading":
        """Return a reading of another text with the same settings, or after another result."""
        return Reading(text, self.language, self.today, previous or self.previous, self.zone)

    @cached_property
    def quoted(self) -> Sequence[FoundValue]:
        """Quoted texts, without the quotation marks."""
        return [
            FoundValue(next((group for group in match.groups() if group), ""), *match.span())
            for match in _QUOTED.finditer(self.text)
        ]

    @cached_property
    def _quotes(self) -> Sequence[tuple[int, int]]:
        return [(each.start, each.end) for each in self.quoted]

    @cached_property
    def emails(self) -> Sequence[FoundValue]:
        """The e-mail addresses."""
        return [
            FoundValue(m[0].rstrip(".-"), m.start(), m.end()) for m in _EMAIL.finditer(self.text)
        ]

    @cached_property
    def uris(self) -> Sequence[FoundValue]:
        """The URLs."""
        found = [(m[0].rstrip(".,;:!?)"), m.start()) for m in _URI.finditer(self.text)]
        return [FoundValue(value, start, start + len(value)) for value, start in found]

    @cached_property
    def uuids(self) -> Sequence[FoundValue]:
        """The UUIDs, as written."""
        return [FoundValue(match[0], *match.span()) for match in _UUID.finditer(self.text)]

    @cached_property
    def moments(self) -> Sequence[Moment]:
        """The dates, with times of day."""
        return find_moments(self.folded, self.today)

    @cached_property
    def zones(self) -> Sequence[FoundValue]:
        """The time zones, by their own name or that of a place."""
        return [FoundValue(*each) for each in find_zones(self.folded)]

    @cached_property
    def regions(self) -> Sequence[FoundValue]:
        """The cloud regions: ``us-east-1``, ``europe-west4``, ``westeurope``."""
        return [FoundValue(match[0], *match.span()) for match in _REGION.finditer(self.folded)]

    @cached_property
    def identifiers(self) -> Sequence[FoundValue]:
        """The technical names other than regions, addresses and dates."""
        named = list(self._other_names())
        return [*self.uuids, *(each for each in named if not each.overlaps(_spans(self.uuids)))]

    def _other_names(self) -> Iterator[FoundValue]:
        taken = [
            *_spans(self.emails),
            *_spans(self.uris),
            *_spans(self.regions),
            *((moment.start, moment.end) for moment in self.moments),
        ]
        for match in _IDENTIFIER.finditer(self.text):
            found = FoundValue(match[0], *match.span())
            if is_identifier(match[0]) and not found.overlaps(taken):
                yield found

    @cached_property
    def numbers(self) -> Sequence[FoundValue]:
        """The numbers in digits, then those in words, outside of quotes, dates and names."""
        taken = [
            *self._quotes,
            *_spans(self.emails),
            *_spans(self.uris),
            *_spans(self.identifiers),
            *_spans(self.regions),
            *((moment.start, moment.end) for moment in self.moments),
        ]
        found = [each for each in self._figures() if not each.overlaps(taken)]
        for word in WORD.finditer(self.folded):
            value = word_value(word[0], self.language)
            if value is not None:
                found.append(FoundValue(value, *word.span()))
        return found

    def _figures(self) -> Iterator[FoundValue]:
        for match in _NUMBER.finditer(self.folded):
            numeral = plain(match["numeral"], self.language)
            value = None if numeral is None else number((match["minus"] or "") + numeral)
            if value is not None:
                yield FoundValue(value, *match.span())

    @cached_property
    def referred_number(self) -> FoundValue | None:
        """The earlier result, if the message refers to it and it is a number."""
        match = REFERS.search(self.folded)
        value = None if match is None or self.previous is None else number(self.previous)
        return None if match is None or value is None else FoundValue(value, *match.span())

    @cached_property
    def expression(self) -> Expression | None:
        """The requested arithmetic, outside of dates, names and addresses."""
        hidden = list(self.folded)
        spans = [
            *_spans(self.emails),
            *_spans(self.uris),
            *_spans(self.uuids),
            *_spans(self.regions),
            *((moment.start, moment.end) for moment in self.moments),
        ]
        if not self._is_all_quoted:
            spans.extend(self._quotes)
        for start, end in spans:
            # A sign that no expression has, so that nothing is read across the gap.
            hidden[start:end] = "\0" * (end - start)
        operand = None if self.previous is None else as_operand(self.previous)
        return find_expression("".join(hidden), self.language, operand)

    @cached_property
    def _is_all_quoted(self) -> bool:
        """Whether all digits are in quotes, as in: calculate "2 + 2"."""
        outside = "".join(
            char
            for at, char in enumerate(self.text)
            if not any(start <= at < end for start, end in self._quotes)
        )
        return bool(self._quotes) and not any(char.isdigit() for char in outside)


def _spans(found: Iterable[FoundValue]) -> list[tuple[int, int]]:
    return [(each.start, each.end) for each in found]


def unquoted(text: str) -> str:
    """Return the text without what is in quotes."""
    return _QUOTED.sub(" ", text[:_LONGEST])


def trim(text: str) -> str:
    """Return the text without spaces and punctuation at its ends."""
    return text.strip().strip(_SENTENCE_END + "¿¡").strip()
