"""Finds values beside the name of their parameter: ``limit of 3``, ``50 euros``."""

from dataclasses import replace

from adapters.llm.offline.form import Form
from adapters.llm.offline.schemas import Field, Kind
from adapters.llm.offline.text.language import WORD, term, terms
from adapters.llm.offline.values import FoundValue

_CONNECTING = """
a al an at be by con de del el es for is la las los of on por que se the to un una with equal
equals on
"""
_CONNECTORS = frozenset(_CONNECTING.split())
_FIRST = frozenset({"first", "last", "primer", "primero", "primera", "ultimo", "ultima", "limit"})
_MONEY = frozenset({"euro", "eur", "dollar", "dolar", "usd", "pound", "gbp", "peso"})
_PRICES = frozenset({"amount", "cost", "budget", "fee"})


def _cues(target: Field) -> frozenset[str]:
    cues = set(target.terms) - {"id", "name"} or set(target.terms)
    if cues & {"limit", "n", "size", "number"}:
        cues |= _FIRST
    return frozenset(cues)


def _cue(target: Field, found: FoundValue, form: Form) -> FoundValue | None:
    """Return the value that has the parameter's name beside it; None without one."""
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


def take_cued(form: Form) -> None:
    """Take the values that have the name of their parameter beside them."""
    for target in form.open:
        if target.kind is not Kind.ARRAY:
            cued = (_cue(target, found, form) for found in [*form.free(target), *form.ids(target)])
            first = next((found for found in cued if found is not None), None)
            if first is not None:
                form.put(target, first)
