"""Finds the values in a message that fit one parameter."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.llm.offline.schemas import Field, Kind, choices, fits
from adapters.llm.offline.text.dates import find_times
from adapters.llm.offline.text.language import WORD, fold, term
from adapters.llm.offline.text.vocabulary import STOPWORDS
from adapters.llm.offline.values import FoundValue, Reading, trim

_YES = frozenset(["yes", "true", "on", "y", "si", "verdadero", "activado", "enabled"])
_NO = frozenset(["no", "false", "off", "n", "not", "falso", "desactivado", "disabled", "never"])
_BEFORE_NO = frozenset(["no", "not", "without", "sin", "dont"])
_SEPARATORS = re.compile(r"\s*(?:,|;|\n|\band\b|\by\b)\s*", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s,;]+")
_LONGEST_CHOICE = 100


def _enum(field: Field, reading: Reading) -> Iterator[FoundValue]:
    words = list(WORD.finditer(reading.folded))
    for choice in choices(field.schema):
        said = fold(str(choice))[:_LONGEST_CHOICE]
        if not said or said in STOPWORDS or isinstance(choice, bool | None):
            continue
        match = re.search(rf"(?<!\w){re.escape(said)}(?!\w)", reading.folded)
        if match:
            yield FoundValue(choice, *match.span())
            continue
        for word in words:
            if term(word[0]) == term(said) and word[0] not in STOPWORDS:
                yield FoundValue(choice, *word.span())
                break


def _boolean(field: Field, reading: Reading) -> Iterator[FoundValue]:
    words = list(WORD.finditer(reading.folded))
    if len(words) == 1 and words[0][0] in _YES | _NO:
        yield FoundValue(words[0][0] in _YES, *words[0].span())
    size = len(field.terms)
    for at in range(len(words) - size + 1):
        window = words[at : at + size]
        if size and tuple(term(word[0]) for word in window) == field.terms:
            before = words[at - 1][0] if at else ""
            yield FoundValue(before not in _BEFORE_NO, window[0].start(), window[-1].end())


def _moments(reading: Reading) -> Iterator[FoundValue]:
    times = list(find_times(reading.folded))
    for moment in reading.moments:
        before = next((t for t in times if t[3] <= moment.start), None)
        if moment.clock is None and before is not None:
            # "at 10:30 on 20 November": the time stands before its date.
            clock, zone, start, _ = before
            whole = replace(moment, clock=clock, zone=zone, start=start)
            yield FoundValue(whole.rfc3339, whole.start, whole.end)
        else:
            yield FoundValue(moment.rfc3339, moment.start, moment.end)


def _identifiers(field: Field, reading: Reading) -> Iterator[FoundValue]:
    if isinstance(field.schema.get("pattern"), str):
        for match in _TOKEN.finditer(reading.text):
            yield FoundValue(trim(match[0]), *match.span())
        return
    yield from reading.quoted
    yield from reading.identifiers


def _figures(_: Field, reading: Reading) -> Iterator[FoundValue]:
    yield from reading.numbers
    if not reading.numbers and reading.referred_number is not None:
        yield reading.referred_number


def _expressions(reading: Reading) -> Iterator[FoundValue]:
    said = reading.expression
    if said is not None and said.text is not None:
        yield FoundValue(said.text, said.start, said.end)


def _times(reading: Reading) -> Iterator[FoundValue]:
    for clock, zone, start, end in find_times(reading.folded):
        yield FoundValue(f"{clock.isoformat()}{zone}", start, end)


# Where to look for a value of a kind, whatever else its schema says ...
_PLAIN: Mapping[Kind, Callable[[Reading], Iterable[FoundValue]]] = {
    Kind.EMAIL: lambda reading: reading.emails,
    Kind.URI: lambda reading: reading.uris,
    Kind.UUID: lambda reading: reading.uuids,
    Kind.EXPRESSION: _expressions,
    Kind.DATE: lambda reading: [
        FoundValue(moment.day.isoformat(), moment.start, moment.end) for moment in reading.moments
    ],
    Kind.MOMENT: _moments,
    Kind.TIME: _times,
    Kind.ZONE: lambda reading: reading.zones,
    Kind.REGION: lambda reading: reading.regions,
    Kind.TEXT: lambda reading: reading.quoted,
    Kind.PERSON: lambda reading: reading.quoted,
    Kind.PLACE: lambda reading: reading.quoted,
}
# ... and where the schema says what the value looks like.
_BY_SCHEMA: Mapping[Kind, Callable[[Field, Reading], Iterable[FoundValue]]] = {
    Kind.ENUM: _enum,
    Kind.IDENTIFIER: _identifiers,
    Kind.BOOLEAN: _boolean,
    Kind.NUMBER: _figures,
}


def candidates(field: Field, reading: Reading) -> Sequence[FoundValue]:
    """Return the values in the message that fit the parameter's schema."""
    if field.kind in _PLAIN:
        found = _PLAIN[field.kind](reading)
    elif field.kind in _BY_SCHEMA:
        found = _BY_SCHEMA[field.kind](field, reading)
    else:
        found = ()
    return [each for each in found if fits(each.value, field.schema)]


def read_json(text: str) -> tuple[Any, int, int] | None:
    """Return the first JSON object or array in the text with its position; None without one."""
    for match in re.finditer(r"[{\[]", text[:5000]):
        try:
            value, end = json.JSONDecoder().raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        return value, match.start(), end
    return None


_IN_ANY_WORDS = frozenset({Kind.TEXT, Kind.PERSON, Kind.PLACE, Kind.IDENTIFIER, Kind.REGION})


def convert(field: Field, text: str, reading: Reading, item: Field | None = None) -> Any:
    """Convert the text of a parameter's value to JSON; None if it does not fit.

    ``item`` describes the items where the parameter is an array.
    """
    value = _converted(field, text, reading, item)
    return value if value is not None and fits(value, field.schema) else None


def _converted(field: Field, text: str, reading: Reading, item: Field | None) -> Any:
    if field.kind in {Kind.ARRAY, Kind.OBJECT}:
        read = read_json(text)
        if read is None and field.kind is Kind.ARRAY and item is not None:
            pieces = [convert(item, piece, reading) for piece in _SEPARATORS.split(text) if piece]
            return [piece for piece in pieces if piece is not None]
        return None if read is None else read[0]
    part = reading.part(text)
    if field.kind is Kind.BOOLEAN:
        first = next(iter(WORD.findall(part.folded)), "")
        return first in _YES if first in _YES | _NO else None
    if found := candidates(field, part):
        return found[0].value
    return trim(text) or None if field.kind in _IN_ANY_WORDS else None
