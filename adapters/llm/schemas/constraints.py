"""Converts the keywords of one schema to those that a provider accepts."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.llm.schemas.keywords import ANNOTATIONS, distinct, sendable
from adapters.llm.schemas.places import Losses, Room, SchemaPlace
from adapters.llm.schemas.targets import Target
from adapters.llm.schemas.words import explained, phrase, shortened
from domain.shared.json_schema import (
    LISTED,
    NAMED,
    SINGLE,
    refers,
    type_of,
    types_of,
    values_in,
    without,
)

Schema = dict[str, Any]

_OF_NUMBERS: Final = {"int32", "int64", "float", "double"}  # formats that the type says
_CONDITIONS: Final = {
    "not": (),
    "if": ("then", "else"),
    "contains": ("minContains", "maxContains"),
}


@dataclass(slots=True)
class _Draft:
    """A schema in progress: the rest of it, its new form, and text for its description."""

    rest: Schema
    place: SchemaPlace
    lowered: Schema = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


class Constraints:
    """Converts a schema without references; ``lower`` converts the schemas within it."""

    def __init__(
        self,
        target: Target,
        room: Room,
        losses: Losses,
        lower: Callable[[Any, SchemaPlace], Schema],
    ) -> None:
        self._target, self._room, self._losses, self._lower = target, room, losses, lower

    def lowered(self, schema: Schema, place: SchemaPlace) -> Schema:
        """Return the provider's form of a tidied schema."""
        rest = without(schema, *ANNOTATIONS)
        notes = {key: value for key, value in schema.items() if key in ANNOTATIONS}
        draft = _Draft(rest, place)
        self._properties(draft)
        self._items(draft)
        for keyword, bound in _CONDITIONS.items():
            self._condition(keyword, bound, draft)
        nullable = self._values(draft)
        for keyword, value in draft.rest.items():
            if self._takes(keyword, value):
                draft.lowered[keyword] = self._value(keyword, value, place)
            else:
                self._tell(keyword, value, draft.words, place)
        if not self._target.composes:
            _infer_type(draft.lowered)
        if nullable:
            draft.lowered = _or_null(draft.lowered)
        return self.annotated(draft.lowered, notes, place, draft.words)

    def annotated(
        self, lowered: Schema, notes: Schema, place: SchemaPlace, words: Sequence[str] = ()
    ) -> Schema:
        """Return the schema with the annotations and words that the provider accepts."""
        lowered, words = dict(lowered), list(words)
        description = notes.get("description", "")
        if "title" in self._target.keywords:
            lowered |= {"title": notes["title"]} if "title" in notes else {}
        elif not description:
            description = notes.get("title", "")
        for keyword in ("default", "examples"):
            if keyword not in notes:
                continue
            value = notes[keyword]
            if self._takes(keyword, value) and sendable(value, self._target.largest):
                lowered[keyword] = value
            else:
                self._tell(keyword, value, words, place)
        if description:
            lowered["description"] = description
        return self.described(lowered, words, place)

    def described(self, lowered: Schema, words: Sequence[str], place: SchemaPlace) -> Schema:
        """Return the schema with the text in its description, shortened if needed."""
        text, rest = shortened(lowered.get("description", ""), self._room.words)
        if rest:
            self._losses.add(place.path, "description", "cut: it is long")
        if text := explained(text, words):
            return {**lowered, "description": text}
        return lowered

    def _value(self, keyword: str, value: Any, place: SchemaPlace) -> Any:
        if keyword in LISTED:
            return [self._lower(each, place.at(keyword, at)) for at, each in enumerate(value)]
        if keyword in NAMED:
            deeper = keyword != "dependentSchemas"
            return {
                name: self._lower(each, place.at(keyword, name, deeper=deeper))
                for name, each in value.items()
            }
        if keyword in SINGLE:
            return self._lower(value, place.at(keyword))
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _properties(self, draft: _Draft) -> None:
        """Convert ``properties``; every required property gets an entry."""
        rest, place, lowered = draft.rest, draft.place, draft.lowered
        others = self._others(rest)
        required = distinct(rest.pop("required", ()))
        named = dict.fromkeys(required, others if isinstance(others, Mapping) else True)
        listed = rest.pop("properties", None)
        named |= listed or {}
        allowed = {name: each for name, each in named.items() if each is not False}
        if named or listed is not None:
            lowered["properties"] = self._value("properties", allowed, place)
        if required := [name for name in required if name in allowed]:
            lowered["required"] = required
        if isinstance(others, Mapping):
            schema = self._lower(others, place.at("additionalProperties", deeper=True))
            lowered["additionalProperties"] = schema or True
        elif others is not None:
            lowered["additionalProperties"] = others

    def _others(self, rest: Schema) -> Any:
        """Return the schema of other properties, which also covers patterns that are refused."""
        others = rest.pop("additionalProperties", None)
        if "patternProperties" not in rest or "patternProperties" in self._target.keywords:
            return others
        patterns = list(rest["patternProperties"].values())
        if isinstance(others, Mapping):
            patterns.append(others)
        elif others is not False:
            return others
        return {"anyOf": patterns} if len(patterns) > 1 else (patterns or [False])[0]

    def _items(self, draft: _Draft) -> None:
        """Convert ``items``; every array gets some."""
        rest, place = draft.rest, draft.place
        items, prefix = rest.pop("items", None), rest.pop("prefixItems", [])
        if prefix:
            draft.lowered["prefixItems"] = [
                self._lower(each, place.at("prefixItems", at, deeper=True))
                for at, each in enumerate(prefix)
            ]
        if items is False:
            rest["maxItems"] = min(len(prefix), rest.get("maxItems", len(prefix)))
        if items is not None or prefix or "array" in types_of(rest):
            draft.lowered["items"] = self._lower(items or True, place.at("items", deeper=True))

    def _condition(self, keyword: str, bound: Sequence[str], draft: _Draft) -> None:
        """Convert a keyword whose schema must not get weaker; if it does, describe it in words."""
        extras = {name: draft.rest.pop(name) for name in bound if name in draft.rest}
        if keyword not in draft.rest:
            return
        condition, exact = draft.rest.pop(keyword), None
        known = dict(self._losses.known)
        if self._takes(keyword, condition) and not refers(condition):
            exact = self._lower(condition, draft.place.at(keyword))
        if exact is not None and self._losses.known == known:
            draft.lowered[keyword] = exact
            for name, each in extras.items():
                draft.lowered[name] = self._value(name, each, draft.place)
        else:
            self._losses.known = known
            told = {keyword: condition, **extras} if keyword == "if" else condition
            self._tell(keyword, told, draft.words, draft.place)

    def _values(self, draft: _Draft) -> bool:
        """Convert an enum; return whether null must be allowed in addition."""
        rest, target = draft.rest, self._target
        keyword = "const" if "const" in rest else "enum"
        if keyword not in rest:
            return False
        listed = rest.pop(keyword)
        rest.pop("enum", None)
        values = [listed] if keyword == "const" else distinct(listed)
        if not values:
            self._losses.add(draft.place.path, "enum", "dropped: it holds no value")
            return False
        apart = target.enum_kinds is not None and "null" not in target.enum_kinds
        others = [each for each in values if not (apart and each is None)]
        if not all(map(self._takes_value, others)):
            self._tell(keyword, listed, draft.words, draft.place)
            return False
        if apart:
            _take_null_from(rest)
        if others and keyword == "const" and "const" in target.keywords:
            draft.lowered["const"] = listed
        elif others:
            draft.lowered["enum"] = others
        return len(others) < len(values)

    def _takes_value(self, value: Any) -> bool:
        kinds = self._target.enum_kinds
        return (kinds is None or type_of(value) in kinds) and sendable(value, self._target.largest)

    def _takes(self, keyword: str, value: Any) -> bool:
        target = self._target
        if keyword not in target.keywords:
            return False
        if keyword == "format":
            return target.formats is None or value in target.formats
        if keyword == "pattern":
            return _is_regular(value) and not (target.strict and "(?" in value)
        return isinstance(value, Mapping | list) or sendable(value, target.largest)

    def _tell(self, keyword: str, value: Any, words: list[str], place: SchemaPlace) -> None:
        if keyword == "format" and value in _OF_NUMBERS:
            return
        words.append(phrase(keyword, value))
        self._losses.add(place.path, keyword, "moved to the description")


def _take_null_from(rest: Schema) -> None:
    """Return the types without null; none if there is no other."""
    types = [each for each in types_of(rest) if each != "null"]
    rest.pop("type", None)
    if types:
        rest["type"] = types[0] if len(types) == 1 else types


def _infer_type(lowered: Schema) -> None:
    """Add the type that the keywords apply to: some providers require one."""
    if "type" in lowered or "anyOf" in lowered:
        return
    if kinds := distinct(map(type_of, values_in(lowered) or ())):
        lowered["type"] = kinds[0] if len(kinds) == 1 else kinds
    elif lowered.keys() & {"properties", "additionalProperties"}:
        lowered["type"] = "object"
    elif lowered.keys() & {"items", "prefixItems"}:
        lowered["type"] = "array"


def _or_null(lowered: Schema) -> Schema:
    return {"anyOf": [lowered, {"type": "null"}]} if lowered else {"type": "null"}


def _is_regular(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
