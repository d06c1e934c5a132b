"""Schemas of a document as JSON Schemas (2020-12) of what is sent.

What is handed on takes everything that the original takes, and maybe more: whatever cannot be
said surely is left out. (But a schema that only forgot its ``type`` gets the one that its
properties or items speak of.) References stay, to definitions that are made once and shared by all
tools; nothing is written out that could be endless.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plugins.openapi.lowering.cutting import REFERENCE, references_of, size_of
from plugins.openapi.lowering.definition_names import DefinitionNames
from plugins.openapi.lowering.keywords import (
    default_of,
    enum_of,
    has_null,
    names_in,
    simple_keywords,
    types_of,
)
from plugins.openapi.lowering.merging import all_of
from plugins.openapi.lowering.patterns import usable
from plugins.openapi.lowering.words import joined, plain, shortened, value_text
from plugins.openapi.reading.document import Document
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import Found, reference_in
from plugins.openapi.reading.values import entries, is_true, text

Schema = dict[str, Any]
FILE: Final = "A file, as base64 or a data: URL"
Notes = dict[str, None]
"""Sentences on what was lost, each once, in their order."""

_MOST_DEEP: Final = 80  # steps within one schema: Python's stack is not endless
_MOST_MERGED: Final = 15  # definitions that stand for their content, one within the other
_MOST_WORDS: Final = 300  # characters of a description
_LONG_EXAMPLE: Final = 60
_FEW_VALUES: Final = 12
_STRUCTURE: Final = frozenset(
    {
        *("properties", "additionalProperties", "patternProperties", "items", "prefixItems"),
        *("allOf", "anyOf", "oneOf"),
    }
)
_ANNOTATIONS: Final = frozenset({"description", "default", "deprecated"})
_NULLS: Final = frozenset({"nullable", "x-nullable"})
_COMBINED: Final = frozenset({"allOf", "anyOf", "oneOf"})
_OF_CONSTANT: Final = frozenset({"const", "type", "description", "format"})
_FEWEST_CONSTANTS: Final = 2
_LONG_PART: Final = 2_000  # characters of JSON


@dataclass(frozen=True, slots=True)
class Definition:
    """A schema that others refer to by its name, its bytes, and the names that it refers to."""

    name: str
    schema: Schema
    size: int
    uses: Sequence[str]
    notes: Notes


class Schemas:
    """The schemas of one document, lowered as they are asked for."""

    def __init__(self, document: Document) -> None:
        self._references = document.references
        self._effort = document.effort
        self._draft = document.draft
        self._names = DefinitionNames()
        self._made: dict[str, Definition] = {}
        self._open: dict[str, None] = {}

    def whole(self, root: Schema, notes: Notes, most: int) -> Schema | None:
        """Return a schema with all definitions that it reaches; None if it is larger than that.

        What was lost in the definitions is added to the notes. ``most`` is in bytes.
        """
        size = size_of(root)
        found: dict[str, Schema] = {}
        waiting = list(references_of(root))
        seen = set(waiting)
        while waiting and size <= most:
            made = self._named(waiting.pop())
            found[made.name] = made.schema
            size += made.size
            notes.update(made.notes)
            waiting += [name for name in made.uses if name not in seen]
            seen.update(made.uses)
        if size > most:
            return None
        return {**root, "$defs": {name: found[name] for name in sorted(found)}} if found else root

    def named(self, name: str) -> Schema:
        """Return a definition by its name, as it stands in references."""
        return self._named(name).schema

    def lower(self, raw: Any, notes: Notes, depth: int = 0, *, loose: bool = False) -> Schema:
        """Return a schema whose references lead to definitions.

        ``loose`` is for a part of ``allOf``, which does not see what the other parts allow.
        """
        self._effort.spend()
        if raw is False:
            return {"not": {}}
        if not isinstance(raw, dict):
            return {}
        if depth > _MOST_DEEP:
            notes["Some of the schema is nested too deep to be shown."] = None
            return {}
        if (reference := reference_in(raw)) is not None:
            return self._referred(raw, reference, notes, depth)
        return self._node(raw, notes, depth, loose=loose)

    # References

    def _referred(self, raw: Mapping[str, Any], reference: str, notes: Notes, depth: int) -> Schema:
        beside = {
            key: value
            for key, value in raw.items()
            if key not in _NULLS
            and not key.startswith("$")
            and (not self._draft or key in _ANNOTATIONS)
        }
        rest = self._node(beside, notes, depth) if beside else {}
        try:
            found = self._references.follow(reference)
        except BadReference as error:
            notes[error.message] = None
            told = "It is not described in the API's document."
            return {**rest, "description": joined(rest.get("description", ""), told)}
        if not isinstance(found.value, dict):
            return {**self.lower(found.value, notes, depth + 1), **rest}
        if _is_small(found.value):
            return {**self.lower(found.value, notes, depth + 1), **rest}
        refers = {"$ref": REFERENCE + self._names.name(found.pointer)}
        return _with_null(refers, rest) if has_null(raw) else {**refers, **rest}

    def _definition(self, place: str) -> Definition:
        """Return what stands at a place, lowered once."""
        if (made := self._made.get(place)) is None:
            self._open[place] = None
            notes: Notes = {}
            schema = self._node(self._references.find(f"#{place}").value, notes, 0)
            del self._open[place]
            name = self._names.name(place)
            size = size_of(schema) + len(name) + len('"": , ')
            uses = list(references_of(schema))
            made = self._made[place] = Definition(name, schema, size, uses, notes)
        return made

    def _named(self, name: str) -> Definition:
        return self._definition(self._names.place(name))

    # Nodes

    def _node(
        self, raw: Mapping[str, Any], notes: Notes, depth: int, *, loose: bool = False
    ) -> Schema:
        types, meant = types_of(raw)
        values = enum_of(raw, types)
        schema: Schema = {}
        null = has_null(raw)
        if types:
            kinds = [*types, "null"] if null and "null" not in types else types
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds
        if description := _described(raw, types, depth):
            schema["description"] = description
        if (form := text(raw.get("format")) or meant) and types != ["object"]:
            schema["format"] = form
        schema.update(simple_keywords(raw, types))
        if null and values is not None and None not in values:
            schema["enum"] = [*values, None]
        if (default := default_of(raw, types, values)) is not None:
            schema["default"] = default
        if not types or "object" in types:
            self._object(raw, schema, notes, depth, loose=loose)
        if not types or "array" in types:
            self._array(raw, schema, notes, depth)
        self._choices(raw, schema, notes, depth)
        if isinstance(parts := raw.get("allOf"), list) and parts:
            lowered = [self.lower(part, notes, depth + 1, loose=True) for part in parts]
            schema = all_of(schema, lowered, lambda part: self._content(part, notes))
        if null and not types and "anyOf" not in schema and schema.keys() - {"description"}:
            return _with_null(schema, {})
        return schema

    def _object(
        self,
        raw: Mapping[str, Any],
        schema: Schema,
        notes: Notes,
        depth: int,
        *,
        loose: bool,
    ) -> None:
        named = entries(raw.get("properties"))
        sent = {name: value for name, value in named.items() if not self._is_read_only(value)}
        properties = {name: self.lower(value, notes, depth + 1) for name, value in sent.items()}
        if properties:
            schema["properties"] = _discriminated(properties, raw)
        required = [
            name for name in names_in(raw.get("required")) if name in sent or name not in named
        ]
        if named and not loose and not _COMBINED & raw.keys():
            required = [name for name in required if name in sent]  # a misspelt one fits nothing
        if required:
            schema["required"] = required
        more = raw.get("additionalProperties")
        patterned = self._patterned(raw, schema, notes, depth)
        if more is False and not loose and patterned and not _COMBINED & raw.keys():
            schema["additionalProperties"] = False
        elif isinstance(more, dict) and more and (inner := self.lower(more, notes, depth + 1)):
            schema["additionalProperties"] = inner

    def _patterned(self, raw: Mapping[str, Any], schema: Schema, notes: Notes, depth: int) -> bool:
        """Add properties whose names follow a pattern; tell whether all could be."""
        named = entries(raw.get("patternProperties"))
        known = {
            pattern: self.lower(value, notes, depth + 1)
            for name, value in named.items()
            if (pattern := usable(name)) is not None
        }
        if known:
            schema["patternProperties"] = known
        return len(known) == len(named)

    def _array(self, raw: Mapping[str, Any], schema: Schema, notes: Notes, depth: int) -> None:
        first, items = raw.get("prefixItems"), raw.get("items")
        if isinstance(items, list):  # as it was before 2020
            first, items = items, None
        if isinstance(first, list) and first:
            schema["prefixItems"] = [self.lower(item, notes, depth + 1) for item in first]
        if isinstance(items, dict | bool):
            schema["items"] = self.lower(items, notes, depth + 1)
        elif schema.get("type") == "array" and "prefixItems" not in schema:
            schema["items"] = {}

    def _choices(self, raw: Mapping[str, Any], schema: Schema, notes: Notes, depth: int) -> None:
        """Add ``oneOf`` and ``anyOf``, both as the latter: parts that are said looser overlap."""
        found = []
        for keyword in ("oneOf", "anyOf"):
            if isinstance(parts := raw.get(keyword), list) and parts:
                lowered = [self.lower(part, notes, depth + 1) for part in parts]
                found.append(self._told_apart(raw, parts, lowered))
        if not found:
            return
        choice = _enumerated(_distinct(found[0]))
        if has_null(raw):
            choice = _distinct([*choice, {"type": "null"}])
        if len(choice) == 1 and not choice[0].keys() & schema.keys() - {"type", "description"}:
            schema.update({**choice[0], **schema})
        elif {} in choice:
            return
        else:
            schema["anyOf"] = choice

    def _told_apart(
        self, raw: Mapping[str, Any], parts: Iterable[Any], lowered: list[Schema]
    ) -> list[Schema]:
        """Say in each part which value of the discriminator it goes by."""
        discriminator = entries(raw.get("discriminator"))
        name = discriminator.get("propertyName")
        if not isinstance(name, str):
            return lowered
        mapping = entries(discriminator.get("mapping"))
        return [
            self._marked(schema, name, found, mapping)
            if "$ref" in schema and (found := self._target(part)) is not None
            else schema
            for part, schema in zip(parts, lowered, strict=True)
        ]

    def _marked(
        self, schema: Schema, name: str, found: Found, mapping: Mapping[str, Any]
    ) -> Schema:
        own = entries(entries(entries(found.value).get("properties")).get(name))
        if "const" in own or len(names_in(own.get("enum"))) == 1:
            return schema
        values = [
            value
            for value, target in mapping.items()
            if isinstance(target, str)
            and (other := self._target({"$ref": target})) is not None
            and other.pointer == found.pointer
        ] or [found.pointer.rpartition("/")[2]]
        marked = {"const": values[0]} if len(values) == 1 else {"enum": values}
        return {**schema, "properties": {name: marked}, "required": [name]}

    def _target(self, part: Any) -> Found | None:
        reference = reference_in(part)
        if reference is None:
            return None
        try:
            return self._references.follow(reference)
        except BadReference:
            return None

    def _content(self, part: Schema, notes: Notes) -> Schema | None:
        """Return what a reference to a definition stands for, where it can take its place."""
        place = self._names.place(part["$ref"].removeprefix(REFERENCE))
        if place in self._open or len(self._open) > _MOST_MERGED:
            return None
        made = self._definition(place)
        notes.update(made.notes)
        return made.schema

    def _is_read_only(self, raw: Any) -> bool:
        if not isinstance(raw, dict):
            return False
        if is_true(raw.get("readOnly")):
            return True
        found = self._target(raw)
        return (
            found is not None
            and isinstance(found.value, dict)
            and is_true(found.value.get("readOnly"))
        )


def _is_small(raw: Mapping[str, Any]) -> bool:
    """Tell whether a definition is best said where it is used: a string, a short enumeration."""
    values = raw.get("enum")
    few = not isinstance(values, list) or len(values) <= _FEW_VALUES
    return not _STRUCTURE & raw.keys() and reference_in(raw) is None and few


def _with_null(schema: Schema, rest: Schema) -> Schema:
    told = {key: schema.pop(key) for key in ("description",) if key in schema}
    return {**told, **rest, "anyOf": [schema, {"type": "null"}]}


def _distinct(parts: Iterable[Schema]) -> list[Schema]:
    found: dict[str, Schema] = {}
    for part in parts:
        found.setdefault(value_text(part, _LONG_PART) or str(len(found)), part)
    return list(found.values())


def _enumerated(choice: list[Schema]) -> list[Schema]:
    """Say a choice of constants as an enumeration, what is said of each beside it."""
    constants = [part for part in choice if "const" in part and part.keys() <= _OF_CONSTANT]
    kinds = {str(part.get("type", "")) for part in constants}
    if len(constants) < _FEWEST_CONSTANTS or len(kinds) != 1:
        return choice
    values = [part["const"] for part in constants]
    said = [
        f"{part['const']}: {part['description']}" for part in constants if "description" in part
    ]
    told = shortened("; ".join(said), _MOST_WORDS)
    made: Schema = {"type": constants[0]["type"]} if "type" in constants[0] else {}
    if told:
        made["description"] = told
    made["enum"] = values
    return [made, *(part for part in choice if part not in constants)]


def _discriminated(properties: dict[str, Schema], raw: Mapping[str, Any]) -> dict[str, Schema]:
    """Name the kinds of an object that others extend, as its discriminator maps them."""
    discriminator = entries(raw.get("discriminator"))
    name, mapping = discriminator.get("propertyName"), entries(discriminator.get("mapping"))
    own = properties.get(name) if isinstance(name, str) else None
    if own and mapping and own.get("type") == "string" and not own.keys() & {"enum", "const"}:
        properties[str(name)] = {**own, "enum": list(mapping)}
    return properties


def _described(raw: Mapping[str, Any], types: list[str], depth: int) -> str:
    told = shortened(plain(text(raw.get("description"))), _MOST_WORDS)
    if is_true(raw.get("deprecated")):
        told = joined("Deprecated", told)
    if raw.get("format") == "binary" or text(raw.get("type")) == "file":
        told = joined(told, FILE)
    pattern = raw.get("pattern")
    if isinstance(pattern, str) and len(pattern) <= _LONG_EXAMPLE and usable(pattern) is None:
        told = joined(told, f"Pattern: {pattern}")
    if depth <= 2 and not raw.keys() & {"enum", "const", "default"}:  # noqa: PLR2004  where it pays
        example = _example(raw) if types and types[0] in ("string", "integer", "number") else ""
        if example and example.strip('"') not in told:
            told = joined(told, f"Example: {example}")
    return told


def _example(raw: Mapping[str, Any]) -> str:
    listed = raw.get("examples")
    example = raw.get("example", listed[0] if isinstance(listed, list) and listed else None)
    if example is None or isinstance(example, dict | list):
        return ""
    return value_text(example, _LONG_EXAMPLE)
