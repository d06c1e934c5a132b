"""Conversion of a document's schemas to JSON Schemas (2020-12) of requests.

The result accepts everything that the original accepts, and maybe more: whatever is uncertain is
left out. (But a schema without ``type`` gets the type that its properties or items imply.)
References are kept, to definitions that are converted once and shared by all tools; nothing
recursive is inlined.
"""

from collections.abc import Mapping
from typing import Any, Final

from domain.shared.json_schema import (
    CHOICES,
    PARTS,
)
from plugins.openapi.lowering.choices import (
    distinct,
    enumerated,
    exclusive,
    kinds_named,
    told_apart,
    with_null,
)
from plugins.openapi.lowering.cycles import Cycles
from plugins.openapi.lowering.definitions import Definitions
from plugins.openapi.lowering.keywords import has_null, keywords_of, names_in, types_of
from plugins.openapi.lowering.merging import all_of
from plugins.openapi.lowering.patterns import usable
from plugins.openapi.lowering.read_only import ReadOnly
from plugins.openapi.lowering.walk import At, Notes, Schema
from plugins.openapi.lowering.words import joined
from plugins.openapi.reading.document import OpenApiDocument
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import Resolved, reference_in
from plugins.openapi.reading.values import entries

_MOST_DEEP: Final = 80  # steps within one schema: Python's stack is not endless
_FEW_VALUES: Final = 12
_STRUCTURE: Final = frozenset(
    {
        *("properties", "additionalProperties", "patternProperties", "items", "prefixItems"),
        *PARTS,
    }
)
_ANNOTATIONS: Final = frozenset({"description", "default", "deprecated"})
_NULLS: Final = frozenset({"nullable", "x-nullable"})
_UNKNOWN: Final[Schema] = {"description": "It is not described in the API's document."}


class Schemas:
    """Converter of one document's schemas, on demand.

    ``definitions`` holds those that the converted schemas refer to.
    """

    def __init__(self, document: OpenApiDocument) -> None:
        self._references = document.references
        self._effort = document.effort
        self._draft = document.draft
        self._cycles = Cycles(document.references)
        self._choosing = Cycles(document.references, only_choices=True)
        self._read_only = ReadOnly(self._target, document.effort)
        self.definitions = Definitions(self._definition)

    def lower(self, raw: Any, notes: Notes) -> Schema:
        """Convert a schema; its references lead to definitions; losses are added to the notes."""
        return self._lowered(raw, At(notes))

    def _definition(self, place: str, notes: Notes) -> Schema:
        value = self._references.find(f"#{place}").value
        return self._lowered(value, At(notes, here=place))

    def _target(self, part: Any) -> Resolved | None:
        reference = reference_in(part)
        if reference is None:
            return None
        try:
            return self._references.follow(reference)
        except BadReference:
            return None

    def _lowered(self, raw: Any, at: At) -> Schema:
        self._effort.spend()
        if raw is False:
            return {"not": {}}
        if not isinstance(raw, dict):
            return {}
        if at.depth > _MOST_DEEP:
            at.notes["Some of the schema is nested too deep to be shown."] = None
            return {}
        if (reference := reference_in(raw)) is not None:
            return self._referred(raw, reference, at)
        return self._node(raw, at)

    def _referred(self, raw: Mapping[str, Any], reference: str, at: At) -> Schema:
        beside = {
            key: value
            for key, value in raw.items()
            if key not in _NULLS
            and not key.startswith("$")
            and (not self._draft or key in _ANNOTATIONS)
        }
        beside_at = at.inside().not_sending(self._read_only.names(raw) if beside else at.unsent)
        rest = self._node(beside, beside_at) if beside else {}
        try:
            found = self._references.follow(reference)
        except BadReference as error:
            at.notes[error.message] = None
            description = joined(rest.get("description", ""), _UNKNOWN["description"])
            return {**rest, "description": description}
        target = self._reference_to(found, at)
        return with_null(target, rest) if has_null(raw) else {**target, **rest}

    def _reference_to(self, found: Resolved, at: At) -> Schema:
        """Return a reference to a definition, or its schema where it is short or in a cycle."""
        if not isinstance(found.value, dict) or _is_small(found.value):
            return self._lowered(found.value, at.choice())
        if found.pointer not in at.inlined and self._read_only.are_required(found, at.unsent):
            return self._node(found.value, at.writing_out(found.pointer))
        if at.here is not None and self._cycles.joins(at.here, found.pointer):
            own = self._without_cycle(found.value, at.here)
            return self._node(own, At(at.notes, at.depth + 1, loose=True))
        return self.definitions.reference(found.pointer)

    def _without_cycle(self, raw: Mapping[str, Any], here: str) -> Mapping[str, Any]:
        """Return a definition without choices and without parts that lead back to it."""
        own = {
            key: value
            for key, value in raw.items()
            if key not in CHOICES and not key.startswith("$")
        }
        if isinstance(parts := own.get("allOf"), list):
            own["allOf"] = [
                part
                for part in parts
                if (found := self._target(part)) is None
                or not self._cycles.joins(here, found.pointer)
            ]
        return own

    def _node(self, raw: Mapping[str, Any], at: At) -> Schema:
        at = at.not_sending(self._read_only.names(raw))
        types, meant = types_of(raw)
        schema: Schema = keywords_of(raw, types, meant, at.depth)
        if not types or "object" in types:
            self._object(raw, schema, at)
        if not types or "array" in types:
            self._array(raw, schema, at)
        self._choices(raw, schema, at)
        if isinstance(parts := raw.get("allOf"), list) and parts:
            lowered = [self._lowered(part, at.part(loose=True)) for part in parts]
            schema = all_of(schema, lowered, lambda part: self.definitions.content(part, at.notes))
        if (
            has_null(raw)
            and not types
            and "anyOf" not in schema
            and schema.keys() - {"description"}
        ):
            return with_null(schema, {})
        return schema

    def _object(self, raw: Mapping[str, Any], schema: Schema, at: At) -> None:
        named = entries(raw.get("properties"))
        properties = self._sent(named, at)
        is_all = not at.loose and raw.keys().isdisjoint(PARTS)  # no other part adds properties
        unsent = at.unsent | (named.keys() - properties.keys())
        required = [name for name in names_in(raw.get("required"), named) if name not in unsent]
        more = raw.get("additionalProperties")
        other = self._lowered(more, at.inside()) if isinstance(more, dict) else {}
        if is_all and named:
            properties, required = _made_whole(properties, required, more, other)
        if properties:
            schema["properties"] = kinds_named(properties, raw)
        if required:
            schema["required"] = required
        if refused := _never_together(raw):
            schema["not"] = {"required": refused}
        if self._patterned(raw, schema, at) and more is False and is_all:
            schema["additionalProperties"] = False
        elif other:
            schema["additionalProperties"] = other

    def _sent(self, named: Mapping[str, Any], at: At) -> dict[str, Schema]:
        """Return the converted properties without the read-only ones."""
        sent = {k: value for k, value in named.items() if not self._read_only.holds_for(value)}
        return {name: self._lowered(value, at.inside()) for name, value in sent.items()}

    def _patterned(self, raw: Mapping[str, Any], schema: Schema, at: At) -> bool:
        """Add ``patternProperties``; return whether all patterns are usable."""
        named = entries(raw.get("patternProperties"))
        known = {
            pattern: self._lowered(value, at.inside())
            for name, value in named.items()
            if (pattern := usable(name)) is not None
        }
        if known:
            schema["patternProperties"] = known
        return len(known) == len(named)

    def _array(self, raw: Mapping[str, Any], schema: Schema, at: At) -> None:
        first, items = raw.get("prefixItems"), raw.get("items")
        if isinstance(items, list):  # the tuple form of drafts before 2020-12
            first, items = items, None
        if isinstance(first, list) and first:
            schema["prefixItems"] = [self._lowered(item, at.inside()) for item in first]
        if isinstance(items, dict | bool):
            schema["items"] = self._lowered(items, at.inside())
        elif schema.get("type") == "array" and "prefixItems" not in schema:
            schema["items"] = {}

    def _choices(self, raw: Mapping[str, Any], schema: Schema, at: At) -> None:
        """Add ``oneOf`` or ``anyOf``, both as ``anyOf``, since converted parts may overlap."""
        choice = self._choice(raw, "oneOf", at) or self._choice(raw, "anyOf", at)
        if choice and has_null(raw):
            choice = distinct([*choice, {"type": "null"}])
        if len(choice) == 1 and not choice[0].keys() & schema.keys() - {"type", "description"}:
            schema.update({**choice[0], **schema})
        elif choice and {} not in choice:
            schema["anyOf"] = choice

    def _choice(self, raw: Mapping[str, Any], keyword: str, at: At) -> list[Schema]:
        listed = raw.get(keyword)
        parts = [
            part
            for part in (listed if isinstance(listed, list) else ())
            if not self._chooses_itself(part, at.here)
        ]
        lowered = [
            self._lowered(part, at.choice() if reference_in(part) else at.part()) for part in parts
        ]
        choice = distinct(told_apart(raw, parts, lowered, self._target))
        return enumerated(exclusive(choice) if keyword == "oneOf" else choice)

    def _chooses_itself(self, part: Any, here: str | None) -> bool:
        """Return whether a part of a choice leads back to the choice, so that it adds nothing."""
        found = self._target(part)
        return here is not None and found is not None and self._choosing.joins(here, found.pointer)


def _made_whole(
    properties: dict[str, Schema], required: list[str], more: Any, other: Schema
) -> tuple[dict[str, Schema], list[str]]:
    """Return properties and required names of an object without further parts.

    Required properties that are not declared are added. ``more`` is its ``additionalProperties``,
    and ``other`` their converted schema.
    """
    if more is False:  # a required property that is forbidden could never be given
        return properties, [name for name in required if name in properties]
    missing = [name for name in required if name not in properties]
    return {**properties, **dict.fromkeys(missing, other or _UNKNOWN)}, required


def _never_together(raw: Mapping[str, Any]) -> list[str]:
    """Return the properties that an object must not have all at once (``not: required``)."""
    refused = entries(raw.get("not"))
    return names_in(refused.get("required")) if refused.keys() == {"required"} else []


def _is_small(raw: Mapping[str, Any]) -> bool:
    """Return whether a definition should be inlined: a string, a short enumeration."""
    values = raw.get("enum")
    few = not isinstance(values, list) or len(values) <= _FEW_VALUES
    return not _STRUCTURE & raw.keys() and reference_in(raw) is None and few
