"""Fills a tool's parameters from a message."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.llm.offline.candidates import convert
from adapters.llm.offline.cues import take_cued
from adapters.llm.offline.form import Form
from adapters.llm.offline.labels import TAIL, take_json, take_labelled
from adapters.llm.offline.leftovers import named_after
from adapters.llm.offline.schemas import QUERIES, Field, Kind, choices, fields_of, fits
from adapters.llm.offline.text.language import WORD, Language, term
from adapters.llm.offline.values import FoundValue, Reading, trim
from domain.tools.tool import ToolSpec

_TO_WHOM = {
    Language.ENGLISH: ("named", "called", "for", "to", "para"),
    Language.SPANISH: ("llamado", "llamada", "para", "a", "for"),
}
_NAMES = frozenset({"label", "name", "title"})
_CALLED = ("called", "named", "labelled", "labeled", "titled", "llamado", "llamada", "titulado")
_SAY = frozenset({"body", "subject"})  # as in: saying "...", titled "..."
_RUN_INTRO = frozenset({"with", "con", "and", "y"})
# Said of a value without its name only where it can hardly be anything else.
_UNMISTAKABLE = frozenset(
    {
        Kind.ENUM,
        Kind.EMAIL,
        Kind.URI,
        Kind.UUID,
        Kind.DATE,
        Kind.MOMENT,
        Kind.TIME,
        Kind.EXPRESSION,
        Kind.ZONE,
        Kind.REGION,
        Kind.BOOLEAN,
    }
)
_WORDS = frozenset({Kind.TEXT, Kind.PERSON, Kind.PLACE})


@dataclass(frozen=True, slots=True)
class Filling:
    """The result of filling: the arguments, the parameters to ask for, and the unused text."""

    arguments: dict[str, Any]
    missing: tuple[Field, ...]
    rest: str


def _take_runs(form: Form) -> None:
    """Take unquoted words after the name of their parameter: ``with subject Hello``."""
    starts = list(_run_starts(form))
    for at, (named, start, value_start) in enumerate(starts):
        later = [begin for begin, _ in form.taken if begin >= value_start]
        later.extend(begin for _, begin, _ in starts[at + 1 :])
        end = min(later, default=len(form.reading.text))
        value = trim(TAIL.sub("", form.reading.text[value_start:end]))
        if value and named.name not in form.arguments and fits(value, named.schema):
            form.put(named, FoundValue(value, start, end))


def _run_starts(form: Form) -> Iterator[tuple[Field, int, int]]:
    """Yield each parameter that the message names before its value, and the value's position."""
    named = {field.terms: field for field in reversed(form.open)}
    intro = ""
    for word in WORD.finditer(form.reading.folded):
        field = named.get((term(word[0]),))
        if field is not None and field.kind in _WORDS:
            is_said = intro in _RUN_INTRO or (field.terms[0] in _SAY and field.terms[0] != word[0])
            if is_said and not FoundValue("", *word.span()).overlaps(form.taken):
                yield field, word.start(), word.end()
        intro = word[0]


def _take_unmistakable(form: Form) -> None:
    """Take values that fit one parameter only, and what required parameters still lack."""
    for kind in Kind:
        for target in form.open:
            if target.kind is not kind:
                continue
            found = form.free(target)
            if kind is Kind.PLACE:
                found = found or _places(form)
            has_pattern = kind is Kind.IDENTIFIER and "pattern" in target.schema
            if found and (kind in _UNMISTAKABLE or target.required or has_pattern):
                form.put(target, found[0])


def _places(form: Form) -> list[FoundValue]:
    """Return the places that the message names, after a preposition or by a known name."""
    after = named_after(form.reading, form.taken, ("in", "at", "en", "for", "para", "de", "of"))
    if after is not None:
        return [after]
    known = [z for z in form.reading.zones if not z.overlaps(form.taken)]
    return [FoundValue(form.reading.text[z.start : z.end], z.start, z.end) for z in known[:1]]


def _take_names(form: Form) -> None:
    """Take the name that the message gives to something, as in "a roll called lucky"."""
    for target in form.open:
        if target.kind in _WORDS and _NAMES.intersection(target.terms):
            found = named_after(form.reading, form.taken, _CALLED)
            if found is not None and fits(found.value, target.schema):
                form.put(target, found)
                return


def _take_people(form: Form) -> None:
    for target in form.open:
        if target.kind is Kind.PERSON:
            found = named_after(form.reading, form.taken, _TO_WHOM[form.reading.language])
            if found is not None and fits(found.value, target.schema):
                form.put(target, found)


def _take_arrays(form: Form) -> None:
    for target in form.open:
        item = form.item(target)
        if item is None:
            continue
        found = form.free(item)
        values = [each.value for each in found]
        if values and fits(values, target.schema):
            form.arguments[target.name] = values
            form.taken.extend((each.start, each.end) for each in found)


def _take_leftover(form: Form) -> None:
    """Give the unused text to the one text parameter that has no value."""
    lacking = [each for each in form.open if each.kind is Kind.TEXT and each.required]
    optional = [f for f in form.open if f.kind is Kind.TEXT and QUERIES.intersection(f.terms)]
    targets = lacking or ([] if any(f.required for f in form.fields) else optional)
    if len(targets) != 1:
        return
    found = form.rest
    if found is not None and fits(found.value, targets[0].schema):
        form.put(targets[0], found)


def _take_settled(form: Form) -> None:
    """Fill required parameters that have one choice or a default."""
    for target in form.open:
        allowed = choices(target.schema)
        settled = allowed[0] if len(allowed) == 1 else target.schema.get("default")
        if target.required and settled is not None and fits(settled, target.schema):
            form.arguments[target.name] = settled


def _take_zone(form: Form) -> None:
    """Fill the only time zone with the one where the user is, if the message names no place."""
    zones = [each for each in form.fields if each.kind is Kind.ZONE]
    zone = form.reading.zone
    if zone is None or len(zones) != 1 or zones[0] not in form.open:
        return
    if fits(zone, zones[0].schema) and not _unresolved(form, zones[0]):
        form.arguments[zones[0].name] = zone


def _unresolved(form: Form, target: Field) -> bool:
    """Return whether the message names a place that this optional parameter does not know."""
    if target.kind not in {Kind.ZONE, Kind.REGION}:
        return False
    return named_after(form.reading, form.taken, ("in", "en")) is not None


def fill(tool: ToolSpec, reading: Reading) -> Filling:
    """Fill the tool's parameters from the message.

    Every argument fits the type, choices, bounds and pattern of its schema. A parameter is missing
    if it is required and not found, or if its value in the message does not fit.
    """
    form = Form(tool, reading, fields_of(tool.parameters))
    take_json(form)
    take_labelled(form)
    take_cued(form)
    _take_runs(form)
    _take_unmistakable(form)
    _take_names(form)
    _take_people(form)
    _take_arrays(form)
    _take_leftover(form)
    _take_zone(form)
    return _filling(form)


def _filling(form: Form) -> Filling:
    _take_settled(form)
    missing = [
        each
        for each in form.fields
        if each.name not in form.arguments
        and (each.required or each.name in form.misfits or _unresolved(form, each))
    ]
    rest = form.rest
    return Filling(form.arguments, tuple(missing), "" if rest is None else str(rest.value))


_ANSWER_LEAD = re.compile(
    r"^(?:it'?s|it is|this is|that is|the \w+ is|use|es|son|usa|el de|la de|sobre|about|for|para|"
    r"in|en|to)\s+",
    re.IGNORECASE,
)


def _answer_form(tool: ToolSpec, asked: Sequence[Field], reading: Reading) -> Form:
    return Form(tool, reading, [replace(each, required=True) for each in asked])


def fill_answer(tool: ToolSpec, asked: Sequence[Field], reading: Reading) -> dict[str, Any]:
    """Return the values that an answer clearly gives for the parameters that were asked for."""
    form = _answer_form(tool, asked, reading)
    take_json(form)
    take_labelled(form)
    take_cued(form)
    _take_runs(form)
    _take_unmistakable(form)
    return form.arguments


def fill_whole_answer(tool: ToolSpec, asked: Sequence[Field], reading: Reading) -> dict[str, Any]:
    """Return the values of an answer read as nothing but values; none for a question."""
    form = _answer_form(tool, asked, reading)
    if not reading.text.rstrip().endswith("?"):
        _take_whole(form)
    return form.arguments


def _take_whole(form: Form) -> None:
    """Take the whole answer for one parameter, or its pieces for as many."""
    text = _ANSWER_LEAD.sub("", trim(form.reading.text))
    pieces = [text] if len(form.open) == 1 else [trim(piece) for piece in text.split(",")]
    if len(pieces) != len(form.open):
        return
    for target, piece in zip(form.open, pieces, strict=True):
        if target.kind is Kind.IDENTIFIER and len(piece.split()) != 1:
            continue
        value = convert(target, piece, form.reading, form.item(target))
        if value is not None and target.kind is not Kind.REGION:
            form.arguments[target.name] = value
