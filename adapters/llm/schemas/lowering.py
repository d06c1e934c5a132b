"""Walks through a schema and converts it to what one provider accepts.

Keywords that the provider does not accept are put into the description, or dropped: the result
accepts all that the original accepts, and maybe more. Arguments are checked against the original
before a tool runs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from adapters.llm.schemas.constraints import Constraints
from adapters.llm.schemas.keywords import ANNOTATIONS, distinct
from adapters.llm.schemas.merging import merged
from adapters.llm.schemas.outcome import Loss
from adapters.llm.schemas.places import Losses, Room, SchemaPlace, SchemaTooLarge
from adapters.llm.schemas.references import SchemaDocument, step
from adapters.llm.schemas.roots import Root
from adapters.llm.schemas.targets import Target
from adapters.llm.schemas.words import explained
from domain.shared.json_schema import DEFINITIONS, parts_of, types_of, values_in, without

_MOST_STEPS: Final = 60  # of the walk, one within the other: Python's stack is not endless
_UNROLLED: Final = 2  # how often a definition may stand within itself
_NOT_SHOWN: Final = "what is in it is not shown here"

Schema = dict[str, Any]


class SchemaLowering:
    """One walk through the parameters of a tool; ``losses`` lists what was lost."""

    def __init__(self, document: SchemaDocument, target: Target, room: Room) -> None:
        self._document, self._target, self._room = document, target, room
        self._nodes = 0
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, Any]] = []
        self._losses = Losses()
        self._constraints = Constraints(target, room, self._losses, self._lower)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What the provider is not sent, in the order of the walk."""
        return tuple(self._losses.known.values())

    def parameters(self, schema: Mapping[str, Any]) -> Schema:
        """Return the schema of the parameters, of type object.

        Raises:
            Unusable: no object fits it, or a reference leads nowhere.
            TooLarge: it exceeds the size limits.

        """
        root = Root(self._document, self._losses.add)
        lowered = self._lower(root.plain(schema), SchemaPlace(opened=("",)))
        lowered = {"type": "object", "properties": {}, **lowered}
        if told := explained(lowered.get("description", ""), root.words):
            lowered["description"] = told
        definitions: Schema = {}
        while self._waiting:
            path, each = self._waiting.pop()
            definitions[self._names[path]] = self._lower(each, SchemaPlace(path, 1, 0, (path,)))
        if definitions:
            lowered["$defs"] = definitions
        return lowered

    # --- one schema

    def _lower(self, schema: Any, place: SchemaPlace) -> Schema:
        self._nodes += 1
        if self._nodes > self._room.nodes:
            raise SchemaTooLarge
        if not isinstance(schema, Mapping):
            if schema is False:
                self._losses.add(place.path, "false", "weakened: any value is taken")
            return {}
        tidy = self._losses.tidied(schema, place.path)
        if place.steps > _MOST_STEPS:
            return self._cut(tidy, place)
        if place.level > self._room.levels and not _is_flat(tidy):
            return self._cut(self._resolved(tidy, (), place)[0], place)
        return self._referring(tidy, place) if "$ref" in tidy else self._composed(tidy, place)

    def _composed(self, tidy: Schema, place: SchemaPlace) -> Schema:
        if "oneOf" in tidy:
            tidy = self._any_for_one(tidy, place)
        if "allOf" in tidy and "allOf" not in self._target.keywords:
            return self._at_once(tidy, place)
        if "anyOf" in tidy and not self._target.composes:
            return self._either(tidy, place)
        return self._constraints.lowered(tidy, place)

    def _cut(self, schema: Schema, place: SchemaPlace) -> Schema:
        self._losses.add(place.path, "", "cut: it lies too deep")
        description = explained(schema.get("description", ""), [_NOT_SHOWN])
        lowered = {"type": schema["type"]} if "type" in schema else {}
        if "array" in types_of(schema):
            lowered["items"] = {}
        return self._constraints.described({**lowered, "description": description}, (), place)

    def _referring(self, schema: Schema, place: SchemaPlace) -> Schema:
        path, target = self._document.find(schema["$ref"])
        others = without(schema, "$ref")
        if not isinstance(target, Mapping):
            return self._lower(others, place)
        target = self._losses.tidied(target, path)
        if not self._room.shared:
            if place.opened.count(path) >= _UNROLLED:
                self._losses.add(place.path, "$ref", "cut: what it refers to holds itself")
                return self._cut({**_plain_of(target), **others}, place)
            return self._lower(merged(others, target), place.opening(path))
        if not others or self._target.composes:
            return {"$ref": self._shared(path, target), **self._constraints.lowered(others, place)}
        if path not in place.opened:
            return self._lower(merged(others, target), place.opening(path))
        self._losses.add(place.path, "$ref", "weakened: nothing may stand beside it")
        return {"$ref": self._shared(path, target)}

    def _shared(self, path: str, schema: Any) -> str:
        if path not in self._names:
            stem = re.sub(r"[^a-zA-Z0-9_]", "_", path.rpartition("/")[2])[:48] or "root"
            names, number = set(self._names.values()), 1
            name = stem
            while name in names:
                number += 1
                name = f"{stem}_{number}"
            self._names[path] = name
            self._waiting.append((path, schema))
        return DEFINITIONS + self._names[path]

    # --- compositions

    def _any_for_one(self, schema: Schema, place: SchemaPlace) -> Schema:
        """Replace ``oneOf`` by ``anyOf``: weakened branches may overlap."""
        if len(schema["oneOf"]) > 1:
            self._losses.add(place.path, "oneOf", "weakened: more than one of its branches may fit")
        others = without(schema, "oneOf")
        return merged(others, {"anyOf": schema["oneOf"]})

    def _at_once(self, schema: Schema, place: SchemaPlace) -> Schema:
        """Merge all schemas that must fit into one."""
        parts: list[Mapping[str, Any]] = []
        opened = place.opened
        for part in schema["allOf"]:
            whole, opened = self._resolved(part, opened, place)
            parts.append(whole)
        rest = without(schema, "allOf")
        if len([part for part in parts if part.keys() - ANNOTATIONS]) > 1:
            self._losses.add(place.path, "allOf", "weakened: its parts are made one schema")
        place = replace(place, opened=opened, steps=place.steps + 1)
        return self._lower(merged(rest, *parts), place)

    def _resolved(
        self, schema: Any, opened: tuple[str, ...], place: SchemaPlace
    ) -> tuple[Schema, tuple[str, ...]]:
        """Return a part of a composition without references, and those that were resolved."""
        if not isinstance(schema, Mapping):
            return {}, opened
        tidy = self._losses.tidied(schema, place.path)
        if "$ref" not in tidy:
            return tidy, opened
        path, target = self._document.find(tidy.pop("$ref"))
        if not isinstance(target, Mapping):
            return tidy, opened
        if opened.count(path) >= (1 if self._room.shared else _UNROLLED):
            self._losses.add(place.path, "$ref", "cut: what it refers to holds itself")
            return {**_plain_of(target), **tidy}, opened
        whole = self._losses.tidied(target, path)
        return self._resolved(merged(tidy, whole), (*opened, path), place)

    def _either(self, schema: Schema, place: SchemaPlace) -> Schema:
        """Move the keywords beside a composition into each branch, for lack of another place."""
        base = without(schema, "anyOf", *ANNOTATIONS)
        notes = {key: value for key, value in schema.items() if key in ANNOTATIONS}
        branches = [
            self._losses.tidied(each, step(place.path, "anyOf", at)) if each is not True else {}
            for at, each in enumerate(schema["anyOf"])
            if each is not False
        ]
        if not all(branches):  # one takes anything
            return self._lower(base | notes, place)
        if base and all(map(_only_requires, branches)):
            return self._with_words(base | notes, branches, place)
        only, *others = distinct(
            self._branch(each, base, place.at("anyOf", at)) for at, each in enumerate(branches)
        )
        if others:
            return self._constraints.annotated({"anyOf": [only, *others]}, notes, place)
        kept = {} if "$ref" in only else {k: v for k, v in notes.items() if k == "description"}
        return self._constraints.described({**only, **kept}, (), place)

    def _with_words(self, whole: Schema, branches: Sequence[Schema], place: SchemaPlace) -> Schema:
        """Describe in words which properties the branches require."""
        sets = " or ".join(", ".join(each["required"]) for each in branches)
        self._losses.add(place.path, "anyOf", "moved to the description")
        lowered = self._lower(whole, place)
        told = explained(lowered.get("description", ""), [f"requires {sets}"])
        return {**lowered, "description": told}

    def _branch(self, branch: Schema, base: Schema, place: SchemaPlace) -> Schema:
        """Return a branch merged with the keywords that stood beside it."""
        if not base:
            return self._lower(branch, place)
        whole, opened = self._resolved(branch, place.opened, place)
        if base.keys() == {"type"} and _same_type(base, whole):
            return self._lower(branch, place)
        return self._lower(merged(base, whole), replace(place, opened=opened))


def _plain_of(schema: Mapping[str, Any]) -> Schema:
    return {key: schema[key] for key in ("type", "description") if key in schema}


def _only_requires(branch: Any) -> bool:
    return "required" in branch and branch.keys() - ANNOTATIONS <= {"required", "type"}


def _same_type(base: Schema, branch: Schema) -> bool:
    return set(types_of(branch)) <= set(types_of(base)) and bool(types_of(branch))


def _is_flat(schema: Mapping[str, Any]) -> bool:
    """Return whether the values of the schema cannot contain others."""
    if types := types_of(schema):
        return not {"object", "array"} & set(types)
    if values_in(schema) is not None:
        return True
    if any(keyword in schema for keyword in ("$ref", "allOf", "oneOf")):
        return False
    branches = parts_of(schema, "anyOf")
    return bool(branches) and all(isinstance(b, Mapping) and _is_flat(b) for b in branches)
