"""What a server reads out of a request, by the document's styles: raw texts in, values out.

Where a text can be more than one thing (``1`` for a number or a text), it is what fits the schema.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from calls_original import Original, Pointer

Pairs = Sequence[tuple[str, str]]
"""Names, decoded, with values as they came."""

ANY: Final = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})
_INTEGER: Final = re.compile(r"-?\d+")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")
_DELIMITERS: Final = {
    "spaceDelimited": re.compile(r"%20|\+| "),
    "pipeDelimited": re.compile(r"%7[Cc]|\|"),
    "tabDelimited": re.compile(r"%09|\t"),
}
_COMMA: Final = re.compile(",")

Decode = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Written:
    """How a value is written: the style, and the place of its schema (None: it has none)."""

    name: str
    style: str
    explode: bool
    schema: Pointer | None


class Reader:
    """Reads values of one document's requests."""

    def __init__(self, original: Original) -> None:
        self._original = original

    def best(self, place: Pointer | None, candidates: Iterable[Any]) -> tuple[Any, list[str]]:
        """Return the first candidate that fits the schema; else the first, and what is wrong."""
        first: tuple[Any, list[str]] | None = None
        for candidate in candidates:
            problems = [] if place is None else self._original.problems(place, candidate)
            if not problems:
                return candidate, []
            first = first or (candidate, problems)
        return first or (None, ["it cannot be read"])

    def kinds(self, place: Pointer | None) -> frozenset[str]:
        """Return the types that a value may have."""
        return (self._original.kinds(place) if place is not None else None) or ANY

    def scalar(self, text: str, place: Pointer | None) -> Any:
        """Return the value that a text stands for; itself if it stands for none."""
        return self.best(place, self.scalars(text, place))[0]

    def scalars(self, text: str, place: Pointer | None) -> Sequence[Any]:
        """Return what a text can stand for by the types of its schema, or the text alone."""
        return list(self._meanings(text, self.kinds(place))) or [text]

    def _meanings(self, text: str, kinds: frozenset[str]) -> Iterator[Any]:
        if kinds & {"integer", "number"} and _INTEGER.fullmatch(text):
            yield int(text)
        if "number" in kinds and _NUMBER.fullmatch(text):
            yield float(text)
        if "boolean" in kinds and text in ("true", "false"):
            yield text == "true"
        if kinds & {"string", "file"}:
            yield text
        if kinds & {"array", "object"} and text[:1] in ("[", "{"):
            with suppress(ValueError):
                yield json.loads(text)
        if text == "null":
            yield None
        if text == "" and kinds & {"array", "object"}:  # sent, and empty
            yield [] if "array" in kinds else {}

    # Styles

    def simple(
        self, written: Written, text: str, decode: Decode, prefix: str = ""
    ) -> Iterator[Any]:
        """Yield what the text of a path or a header can stand for."""
        kinds = self.kinds(written.schema)
        separator = {".": r"\.", ";": ";"}.get(prefix, ",") if written.explode else ","
        if written.style in _DELIMITERS:
            separator = _DELIMITERS[written.style].pattern
        if "array" in kinds:
            yield self._list(re.split(separator, text), decode, written.schema)
            yield from self._nested(decode(text))
        if "object" in kinds:
            parts = re.split(separator, text)
            yield from self._object(_members(parts, explode=written.explode), decode, written)
        yield from self.scalars(decode(text), written.schema)

    def query(self, written: Written, pairs: Pairs, others: frozenset[str]) -> Iterator[Any]:
        """Yield what the pairs of a query can stand for; ``others`` are names of others.

        Nothing is yielded where the value is not there.
        """
        kinds = self.kinds(written.schema)
        own = [value for name, value in pairs if name == written.name]
        if written.style == "deepObject":
            under = [
                (name.removeprefix(written.name), value)
                for name, value in pairs
                if name.startswith(f"{written.name}[")
            ]
            if under:
                yield self._deep(under, written.schema)
        elif "object" in kinds and written.explode:
            members = [
                (name, value)
                for name, value in pairs
                if not {name, name.partition("[")[0]} & others
                or name in self._names(written.schema)
            ]
            if members:
                yield from self._object(members, unquote_plus, written)
        delimiter = _DELIMITERS.get(written.style, _COMMA)
        if own and "array" in kinds:
            parts = own if written.explode else delimiter.split(own[-1])
            yield self._list(parts, unquote_plus, written.schema)
            yield from self._nested(unquote_plus(own[-1]))
        if own and "object" in kinds and not written.explode:
            parts = delimiter.split(own[-1])
            yield from self._object(_members(parts, explode=False), unquote_plus, written)
        if own:
            yield from self.scalars(unquote_plus(own[-1]), written.schema)

    def _nested(self, text: str) -> Iterator[Any]:
        """Yield a list of objects, for which OpenAPI defines no style: JSON, joined by commas."""
        if text[:1] in ("[", "{"):
            with suppress(ValueError):
                yield json.loads(f"[{text}]")

    def _names(self, place: Pointer | None) -> frozenset[str]:
        return self._original.members(place) if place is not None else frozenset()

    def _list(self, texts: Sequence[str], decode: Decode, place: Pointer | None) -> list[Any]:
        inner = self._original.items(place) if place is not None else None
        return [self.scalar(decode(text), inner) for text in texts]

    def _object(
        self, members: Pairs | None, decode: Decode, written: Written
    ) -> Iterator[dict[str, Any]]:
        if members is None:
            return
        found = {}
        for name, text in members:
            key = decode(name) if decode is not unquote_plus else unquote(name)
            found[key] = self.scalar(decode(text), self._member(written.schema, key))
        yield found

    def _member(self, place: Pointer | None, name: str) -> Pointer | None:
        return self._original.member(place, name) if place is not None else None

    def _deep(self, pairs: Pairs, place: Pointer | None) -> Any:
        """Return the value whose leaves stand under ``[key]``s."""
        if any(not name for name, _ in pairs):
            return self.scalar(unquote_plus(pairs[-1][1]), place)
        grouped: dict[str, list[tuple[str, str]]] = {}
        for name, value in pairs:
            step = _STEP.match(name)
            if step is None:
                return {name: value}  # no name of this style: it fits no schema
            grouped.setdefault(step[1], []).append((name[step.end() :], value))
        numbered = all(key.isdigit() for key in grouped)
        if numbered and "array" in self.kinds(place):
            inner = self._original.items(place) if place is not None else None
            as_list = [self._deep(grouped[key], inner) for key in sorted(grouped, key=int)]
            if "object" not in self.kinds(place):
                return as_list
            if place is not None and not self._original.problems(place, as_list):
                return as_list
        return {key: self._deep(under, self._member(place, key)) for key, under in grouped.items()}


def _members(parts: Sequence[str], *, explode: bool) -> Pairs | None:
    if explode:
        if not all("=" in part for part in parts):
            return None
        return [(name, value) for name, _, value in (part.partition("=") for part in parts)]
    return list(zip(parts[::2], parts[1::2], strict=True)) if len(parts) % 2 == 0 else None


def style_of(raw: Mapping[str, Any], place: str) -> tuple[str, bool]:
    """Return the style of a parameter or of an encoding, and whether it is exploded."""
    if (form := raw.get("collectionFormat")) is not None:
        names = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
        default = "form" if place in ("query", "cookie") else "simple"
        return names.get(form, default), form == "multi"
    if "type" in raw and "schema" not in raw:  # Swagger 2: csv
        return ("form" if place in ("query", "cookie") else "simple"), False
    style = raw.get("style", "form" if place in ("query", "cookie") else "simple")
    explode = raw.get("explode", style in ("form", "cookie"))
    return style, explode


def contents_of(kind: str, body: bytes | str) -> Iterator[Any]:
    """Yield what a content can stand for by its media type."""
    essence = kind.partition(";")[0].strip().lower()
    if essence.endswith(("/json", "+json")):
        yield json.loads(body)
        return
    text = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
    if essence == "application/x-www-form-urlencoded":
        yield dict(part.split("=", 1) for part in unquote_plus(text).split("&") if "=" in part)
    yield text
