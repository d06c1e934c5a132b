"""Converts the root of a tool's parameters to one plain object."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.llm.schemas.keywords import distinct, tidied
from adapters.llm.schemas.merging import merged
from adapters.llm.schemas.references import SchemaDocument, Unusable, step
from adapters.llm.schemas.words import phrase
from domain.shared.json_schema import CHOICES, PARTS, types_of, without

Lose = Callable[[str, str, str], None]

_MOST_NESTED: Final = 16  # compositions within each other


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    opened: tuple[str, ...] = ()
    steps: int = 0


class Root:
    """Converts the root schema to one object: no provider accepts a composition there."""

    def __init__(self, document: SchemaDocument, lose: Lose) -> None:
        self._document = document
        self._lose = lose
        self.words: list[str] = []
        """What holds for the parameters together and no keyword says any more."""

    def plain(self, schema: Any) -> dict[str, Any]:
        """Return the root as an object without ``$ref`` and compositions.

        Raises:
            Unusable: no object fits it.

        """
        root = self._flat(schema, _Place(""))
        if root is None:
            raise Unusable("its parameters are not an object")
        for keyword in ("not", "enum", "const"):
            if keyword in root:
                self.words.append(phrase(keyword, root.pop(keyword)))
                self._lose("", keyword, "moved to the description: not taken at the top")
        return {**root, "type": "object"}

    def _flat(self, schema: Any, place: _Place) -> dict[str, Any] | None:
        """Return the schema without references and compositions; None if no object fits."""
        if not isinstance(schema, Mapping):
            return None if schema is False else {}
        if place.steps > _MOST_NESTED:
            self._lose(place.path, "allOf", "dropped: it is nested too deep")
            return {}
        tidy = tidied(schema, lambda keyword, what: self._lose(place.path, keyword, what))
        if (types := types_of(tidy)) and "object" not in types:
            return None
        parts = [without(tidy, "$ref", *PARTS)]
        for part, at in self._all_of(tidy, place):
            if (flat := self._flat(part, at)) is None:
                return None
            parts.append(flat)
        for keyword in CHOICES:
            if keyword in tidy:
                if (flat := self._one_of(tidy[keyword], keyword, place)) is None:
                    return None
                parts.append(flat)
        return merged(*parts)

    def _all_of(self, schema: Mapping[str, Any], place: _Place) -> list[tuple[Any, _Place]]:
        parts = [
            (part, _further(place, "allOf", at)) for at, part in enumerate(schema.get("allOf", ()))
        ]
        if "$ref" in schema:
            path, target = self._document.find(schema["$ref"])
            if path in place.opened:
                self._lose(place.path, "$ref", "dropped: it leads back to itself")
            else:
                opened = (*place.opened, path)
                parts.insert(0, (target, _Place(path, opened, place.steps + 1)))
        return parts

    def _one_of(
        self, branches: Sequence[Any], keyword: str, place: _Place
    ) -> dict[str, Any] | None:
        """Return an object with the properties of all branches."""
        flats = [
            self._flat(branch, _further(place, keyword, at)) for at, branch in enumerate(branches)
        ]
        if not (objects := [flat for flat in flats if flat is not None]):
            return None
        if len(objects) == 1:
            return objects[0]
        self._lose(place.path, keyword, "weakened: its branches are one object, parted in words")
        if told := " or ".join(filter(None, map(_told, objects))):
            self.words.append(f"together: {told}")
        return _united(objects)


def _further(place: _Place, *parts: str | int) -> _Place:
    return replace(place, path=step(place.path, *parts), steps=place.steps + 1)


def _told(branch: Mapping[str, Any]) -> str:
    """Return the parameters of a branch, required ones first."""
    required = list(branch.get("required", ()))
    others = [name for name in branch.get("properties", {}) if name not in required]
    names = ", ".join(required)
    return f"{names} (with {', '.join(others)} if wanted)" if names and others else names


def _united(objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    properties = [each.get("properties", {}) for each in objects]
    names = distinct(name for each in properties for name in each)
    united: dict[str, Any] = {
        "properties": {
            name: _any_of(each[name] for each in properties if name in each) for name in names
        }
    }
    first, *others = [each.get("required", ()) for each in objects]
    if required := [name for name in first if all(name in each for each in others)]:
        united["required"] = required
    if all(map(_is_closed, objects)):
        united["additionalProperties"] = False
    if described := next((each["description"] for each in objects if "description" in each), ""):
        united["description"] = described
    return united


def _any_of(schemas: Iterable[Any]) -> Any:
    kinds = [schema for schema in distinct(schemas) if schema is not False]
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds or [True]}


def _is_closed(schema: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties") is False and "patternProperties" not in schema
