"""Finds values with labels: ``limit=3``, ``subject: Hello``, JSON."""

import re
from collections.abc import Iterable

from adapters.llm.offline.candidates import candidates, convert, read_json
from adapters.llm.offline.form import Form
from adapters.llm.offline.schemas import Field, Kind, fits
from adapters.llm.offline.text.language import WORD, term
from adapters.llm.offline.values import FoundValue

_LABEL = re.compile(r"[^\W_]+(?:[ _-][^\W_]+){0,3}(?=\s*(?:=|:(?!//))\s*)")
_SIGN = re.compile(r"\s*[=:]\s*")
_LONGEST_LABEL = 3  # words
TAIL = re.compile(r"(?:[\s,;.]|\b(?:and|y|with|con)\b)+$", re.IGNORECASE)
_COMMA = re.compile(r"[,;]")


def take_json(form: Form) -> None:
    """Take arguments that are written as a JSON object."""
    read = read_json(form.reading.text)
    if read is None or not isinstance(read[0], dict):
        return
    value, start, end = read
    for each in form.fields:
        if each.name in value and fits(value[each.name], each.schema):
            form.arguments[each.name] = value[each.name]
            form.taken.append((start, end))


def _labelled(form: Form) -> list[tuple[Field, int, int, int]]:
    """Return the parameters that are named before a sign, with the positions of name and value."""
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


def take_labelled(form: Form) -> None:
    """Take ``name=value`` and ``name: value``, which take precedence over all else."""
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
            text = TAIL.sub("", form.reading.text[value_start:end])
        value = convert(named, text, form.reading, form.item(named))
        form.taken.append((start, end))
        if value is None:
            form.misfits.add(named.name)
        else:
            form.arguments[named.name] = value
            form.misfits.discard(named.name)


def _value_end(named: Field, start: int, end: int, form: Form) -> int:
    """Return the end of an unquoted value: texts and lists continue, others end themselves."""
    if named.kind in {Kind.TEXT, Kind.ARRAY, Kind.OBJECT}:
        return end
    found = candidates(named, form.reading.part(form.reading.text[start:end]))
    if found and found[0].start == 0:
        return start + found[0].end
    comma = _COMMA.search(form.reading.text, start, end)
    return end if comma is None else comma.start()


def _inside(at: int, quotes: Iterable[FoundValue]) -> bool:
    return any(quote.start < at < quote.end for quote in quotes)
