"""Filling a tool's parameters from a message."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.llm.offline.candidates import candidates, convert, read_json
from adapters.llm.offline.language import WORD, Language, term, terms
from adapters.llm.offline.leftovers import leftover, named_after
from adapters.llm.offline.schemas import (
    QUERIES,
    Field,
    Kind,
    choices,
    fields_of,
    fits,
    item_field,
    mapping,
)
from adapters.llm.offline.values import Found, Reading, trim
from domain.tools import ToolSpec

_LABEL = re.compile(r"[^\W_]+(?:[ _-][^\W_]+){0,3}(?=\s*(?:=|:(?!//))\s*)")
_SIGN = re.compile(r"\s*[=:]\s*")
_CONNECTING = """
a al an at be by con de del el es for is la las los of on por que se the to un una with equal
equals on
"""
_CONNECTORS = frozenset(_CONNECTING.split())
_LONGEST_LABEL = 3  # words
_FIRST = frozenset({"first", "last", "primer", "primero", "primera", "ultimo", "ultima", "limit"})
_TO_WHOM = {
    Language.ENGLISH: ("named", "called", "for", "to", "para"),
    Language.SPANISH: ("llamado", "llamada", "para", "a", "for"),
}
_NAMES = frozenset({"label", "name", "title"})
_CALLED = ("called", "named", "labelled", "labeled", "titled", "llamado", "llamada", "titulado")
_MONEY = frozenset({"euro", "eur", "dollar", "dolar", "usd", "pound", "gbp", "peso"})
_PRICES = frozenset({"amount", "cost", "budget", "fee"})
_SAY = frozenset({"body", "subject"})  # as in: saying "...", titled "..."
_TAIL = re.compile(r"(?:[\s,;.]|\b(?:and|y|with|con)\b)+$", re.IGNORECASE)
_COMMA = re.compile(r"[,;]")
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
    """What came of it: the arguments, the parameters to ask for, and what nothing was made of."""

    arguments: dict[str, Any]
    missing: tuple[Field, ...]
    rest: str


@dataclass(slots=True)
class _Form:
    """A form while it is being filled; ``taken`` are the spans of the message already used."""

    tool: ToolSpec
    reading: Reading
    fields: Sequence[Field]
    arguments: dict[str, Any] = field(default_factory=dict)
    taken: list[tuple[int, int]] = field(default_factory=list)
    misfits: set[str] = field(default_factory=set)

    @property
    def open(self) -> list[Field]:
        return [
            each
            for each in self.fields
            if each.name not in self.arguments and each.name not in self.misfits
        ]

    @property
    def rest(self) -> Found | None:
        idle = [*terms(self.tool.name), *(word for each in self.fields for word in each.terms)]
        return leftover(self.reading, self.taken, idle)

    def put(self, target: Field, found: Found) -> None:
        self.arguments[target.name] = found.value
        self.taken.append((found.start, found.end))

    def free(self, target: Field) -> list[Found]:
        return [f for f in candidates(target, self.reading) if not f.overlaps(self.taken)]

    def ids(self, target: Field) -> list[Found]:
        """Return the numbers that could be an id; only beside the name of what they identify."""
        if target.kind is not Kind.IDENTIFIER:
            return []
        said = [
            replace(each, value=self.reading.text[each.start : each.end])
            for each in self.reading.numbers
            if not each.overlaps(self.taken)
        ]
        return [each for each in said if fits(each.value, target.schema)]

    def item(self, target: Field) -> Field | None:
        if target.kind is not Kind.ARRAY:
            return None
        return item_field(target, mapping(self.tool.parameters))


def _take_json(form: _Form) -> None:
    """Take arguments that are written as a JSON object."""
    read = read_json(form.reading.text)
    if read is None or not isinstance(read[0], dict):
        return
    value, start, end = read
    for each in form.fields:
        if each.name in value and fits(value[each.name], each.schema):
            form.arguments[each.name] = value[each.name]
            form.taken.append((start, end))


def _labelled(form: _Form) -> list[tuple[Field, int, int, int]]:
    """Return the parameters that are named before a sign: with where name and value begin."""
    found = []
    for match in _LABEL.finditer(form.reading.folded):
        words = list(WORD.finditer(match[0]))
        sign = _SIGN.match(form.reading.folded, match.end())
        for size in range(min(len(words), _LONGEST_LABEL), 0, -1):
            said = tuple(term(word[0]) for word in words[-size:])
            named = next((each for each in form.fields if each.terms == said), None)
            if named is not None and sign is not None:
                start = match.start() + words[-size].start()
                found.append((named, start, match.end(), sign.end()))
                break
    return found


def _take_labelled(form: _Form) -> None:
    """Take ``name=value`` and ``name: value``, which win over everything else."""
    labels = [label for label in _labelled(form) if not _inside(label[1], form.reading.quoted)]
    for at, (named, start, _, value_start) in enumerate(labels):
        end = labels[at + 1][1] if at + 1 < len(labels) else len(form.reading.text)
        line_end = form.reading.text.find("\n", value_start, end)
        end = end if line_end < 0 else line_end
        quote = next((q for q in form.reading.quoted if q.start == value_start), None)
        if quote is not None:
            text, end = str(quote.value), quote.end
        else:
            end = _value_end(named, value_start, end, form)
            text = _TAIL.sub("", form.reading.text[value_start:end])
        value = convert(named, text, form.reading, form.item(named))
        form.taken.append((start, end))
        if value is None:
            form.misfits.add(named.name)
        else:
            form.arguments[named.name] = value
            form.misfits.discard(named.name)


def _value_end(named: Field, start: int, end: int, form: _Form) -> int:
    """Return where an unquoted value ends: texts and lists run on, others end with themselves."""
    if named.kind in {Kind.TEXT, Kind.ARRAY, Kind.OBJECT}:
        return end
    found = candidates(named, form.reading.part(form.reading.text[start:end]))
    if found and found[0].start == 0:
        return start + found[0].end
    comma = _COMMA.search(form.reading.text, start, end)
    return end if comma is None else comma.start()


def _inside(at: int, quotes: Iterable[Found]) -> bool:
    return any(quote.start < at < quote.end for quote in quotes)


def _cues(target: Field) -> frozenset[str]:
    cues = set(target.terms) - {"id", "name"} or set(target.terms)
    if cues & {"limit", "n", "size", "number"}:
        cues |= _FIRST
    return frozenset(cues)


def _cue(target: Field, found: Found, form: _Form) -> Found | None:
    """Return the value with the name of the parameter beside it, or None where none stands."""
    cues = _cues(target)
    words = list(WORD.finditer(form.reading.folded, 0, found.start))[-5:]
    for word in reversed(words):
        if term(word[0]) in cues:
            return replace(found, start=word.start())
        if word[0] not in _CONNECTORS:
            break
    after = WORD.search(form.reading.folded, found.end, found.end + 40)
    unit = "" if after is None else term(after[0])
    if target.kind is not Kind.NUMBER:
        return None
    if after is not None and cues & _PRICES and unit in _MONEY:
        return replace(found, end=after.end())
    said = form.reading.text[found.start : found.end + 2]
    is_price = cues & _PRICES and any(sign in said for sign in "€$£")
    is_count = "limit" in cues and unit in {"result", *terms(form.tool.name)}
    return found if is_price or is_count else None


def _take_cued(form: _Form) -> None:
    """Take the values that stand beside the name of their parameter."""
    for target in form.open:
        if target.kind is not Kind.ARRAY:
            cued = (_cue(target, found, form) for found in [*form.free(target), *form.ids(target)])
            first = next((found for found in cued if found is not None), None)
            if first is not None:
                form.put(target, first)


def _take_runs(form: _Form) -> None:
    """Take unquoted words after the name of their parameter: ``with subject Hello``."""
    words = list(WORD.finditer(form.reading.folded))
    starts: list[tuple[Field, int, int]] = []
    for at, word in enumerate(words):
        named = next((f for f in form.open if f.terms == (term(word[0]),)), None)
        if (
            named is None
            or named.kind not in _WORDS
            or Found("", *word.span()).overlaps(form.taken)
        ):
            continue
        intro = words[at - 1][0] if at else ""
        if intro in _RUN_INTRO or (named.terms[0] in _SAY and named.terms[0] != word[0]):
            starts.append((named, word.start(), word.end()))
    for at, (named, start, value_start) in enumerate(starts):
        later = [begin for begin, _ in form.taken if begin >= value_start]
        later.extend(begin for _, begin, _ in starts[at + 1 :])
        end = min(later, default=len(form.reading.text))
        value = trim(_TAIL.sub("", form.reading.text[value_start:end]))
        if value and named.name not in form.arguments and fits(value, named.schema):
            form.put(named, Found(value, start, end))


def _take_unmistakable(form: _Form) -> None:
    """Take the values that only one parameter can mean, and what required ones still lack."""
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


def _places(form: _Form) -> list[Found]:
    """Return the places that the message names: after a preposition, or well known."""
    after = named_after(form.reading, form.taken, ("in", "at", "en", "for", "para", "de", "of"))
    if after is not None:
        return [after]
    known = [z for z in form.reading.zones if not z.overlaps(form.taken)]
    return [Found(form.reading.text[z.start : z.end], z.start, z.end) for z in known[:1]]


def _take_names(form: _Form) -> None:
    """Take what the message says that something is called: "a roll called lucky"."""
    for target in form.open:
        if target.kind in _WORDS and _NAMES.intersection(target.terms):
            found = named_after(form.reading, form.taken, _CALLED)
            if found is not None and fits(found.value, target.schema):
                form.put(target, found)
                return


def _take_people(form: _Form) -> None:
    for target in form.open:
        if target.kind is Kind.PERSON:
            found = named_after(form.reading, form.taken, _TO_WHOM[form.reading.language])
            if found is not None and fits(found.value, target.schema):
                form.put(target, found)


def _take_arrays(form: _Form) -> None:
    for target in form.open:
        item = form.item(target)
        if item is None:
            continue
        found = form.free(item)
        values = [each.value for each in found]
        if values and fits(values, target.schema):
            form.arguments[target.name] = values
            form.taken.extend((each.start, each.end) for each in found)


def _take_leftover(form: _Form) -> None:
    """Give what is left of the message to the one text that still lacks a value."""
    lacking = [each for each in form.open if each.kind is Kind.TEXT and each.required]
    optional = [f for f in form.open if f.kind is Kind.TEXT and QUERIES.intersection(f.terms)]
    targets = lacking or ([] if any(f.required for f in form.fields) else optional)
    if len(targets) != 1:
        return
    found = form.rest
    if found is not None and fits(found.value, targets[0].schema):
        form.put(targets[0], found)


def _take_settled(form: _Form) -> None:
    """Fill what needs no asking: a required value that has one choice or a default."""
    for target in form.open:
        allowed = choices(target.schema)
        settled = allowed[0] if len(allowed) == 1 else target.schema.get("default")
        if target.required and settled is not None and fits(settled, target.schema):
            form.arguments[target.name] = settled


def _unresolved(form: _Form, target: Field) -> bool:
    """Tell whether a place was said that this optional parameter does not know."""
    if target.kind not in {Kind.ZONE, Kind.REGION}:
        return False
    return named_after(form.reading, form.taken, ("in", "en")) is not None


def fill(tool: ToolSpec, reading: Reading) -> Filling:
    """Fill the tool's parameters from the message.

    Every argument keeps the type, choices, bounds and pattern of its schema. A parameter is
    missing if it is required and not found, or if what was said for it does not fit.
    """
    form = _Form(tool, reading, fields_of(tool.parameters))
    _take_json(form)
    _take_labelled(form)
    _take_cued(form)
    _take_runs(form)
    _take_unmistakable(form)
    _take_names(form)
    _take_people(form)
    _take_arrays(form)
    _take_leftover(form)
    return _filling(form)


def _filling(form: _Form) -> Filling:
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


def _answer_form(tool: ToolSpec, asked: Sequence[Field], reading: Reading) -> _Form:
    return _Form(tool, reading, [replace(each, required=True) for each in asked])


def fill_answer(tool: ToolSpec, asked: Sequence[Field], reading: Reading) -> dict[str, Any]:
    """Return the values that an answer plainly gives for the parameters that were asked for."""
    form = _answer_form(tool, asked, reading)
    _take_json(form)
    _take_labelled(form)
    _take_cued(form)
    _take_runs(form)
    _take_unmistakable(form)
    return form.arguments


def fill_whole_answer(tool: ToolSpec, asked: Sequence[Field], reading: Reading) -> dict[str, Any]:
    """Return what an answer gives if it is read as nothing but values; a question gives none."""
    form = _answer_form(tool, asked, reading)
    if not reading.text.rstrip().endswith("?"):
        _take_whole(form)
    return form.arguments


def _take_whole(form: _Form) -> None:
    """Take the whole answer for the one parameter, or its pieces for as many."""
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
