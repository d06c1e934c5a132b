"""Bundling of a document: every reference is rewritten to a target within the document.

The validator then has nothing to fetch, no identifiers to resolve and no reference cycles. External
documents are read as learning reads them, or not at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from domain.shared.json_pointers import join
from plugins.openapi.reading import OpenApiDocument, Reason
from plugins.openapi.reading.identifiers import Trail, parts_of, steps_of
from plugins.openapi.reading.outside import KEYWORDS, PLACE
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import Resolved, reference_in

_NAMES: Final = ("$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$self")
_VALUES: Final = frozenset({"example", "default", "enum", "const", "value"})
_SCHEMAS: Final = frozenset(
    {"schema", "schemas", "definitions", "$defs", "properties", "patternProperties", "items"}
    | {"additionalProperties", "allOf", "anyOf", "oneOf", "not"}
)
_OBJECTS: Final = frozenset(
    {"parameters", "responses", "requestBodies", "headers", "examples", "links", "callbacks"}
    | {"securitySchemes", "pathItems", "paths", "webhooks"}
)
"""The keys of maps from names to objects of OpenAPI."""
_NAMED: Final = _OBJECTS | {"schemas", "definitions", "$defs", "properties", "patternProperties"}
_NOTHING: Final = "x-puerto-nothing"
"""The key of the valid placeholders to which invalid references are rewritten."""
_ANYTHING: Final = {"any": {}, "parameter": {"name": "-", "in": "header"}}


@dataclass(frozen=True, slots=True)
class Dangling:
    """An unresolvable reference: its pointer, the reason code and the message."""

    pointer: str
    reason: Reason
    message: str


class Closed:
    """A bundled document, and its dangling references.

    The document's tree is changed in place, so it must not be used for anything else.
    """

    def __init__(self, document: OpenApiDocument) -> None:
        self._references = document.references
        self._effort = document.effort
        self._is_old = document.version.startswith("2")
        self._moved: dict[str, str] = {}  # pointers of inlined copies, and of their originals
        self._ends: dict[str, Resolved] = {}  # targets, by the rewritten references
        self.dangling: list[Dangling] = []
        found = [each for tree in self._trees() for each in self._references_in(*tree)]
        self.tree = {**document.references.tree, _NOTHING: _ANYTHING}
        for value, steps, end in found:
            self._rewrite(value, steps, end)
        for trail, _, _, value in parts_of(self.tree):
            for name in (*_NAMES, *(("id",) if "$schema" in value else ())):
                if isinstance(value.get(name), str) and not _is_name_map(trail):
                    del value[name]

    def place(self, base: Sequence[str | int], inner: Sequence[str | int] = ()) -> str:
        """Return the pointer of the part at these steps, which may lead through references.

        ``inner`` starts at the target of a reference at ``base``. For a missing part the pointer of
        the enclosing object is returned.
        """
        found = self._walked(Resolved("", self.tree), base)
        return self._walked(self._ends.get(reference_in(found.value) or "", found), inner).pointer

    def _walked(self, found: Resolved, steps: Sequence[str | int]) -> Resolved:
        for step in steps:
            inner = _entry(found.value, step)
            if inner is None and (reference := reference_in(found.value)) in self._ends:
                found = self._ends[reference]
                inner = _entry(found.value, step)
            if inner is None:
                return found
            pointer = found.pointer + join(step)
            found = Resolved(self._moved.get(pointer, pointer), inner[0])
        return found

    def _trees(self) -> Iterator[tuple[Any, Trail | None]]:
        """Yield the document, then the external ones, as they become known."""
        tree = self._references.tree
        yield {key: value for key, value in tree.items() if key != PLACE}, None
        done: set[str] = set()
        while waiting := [key for key in tree.get(PLACE, ()) if key not in done]:
            for key in waiting:
                done.add(key)
                yield tree[PLACE][key], ((None, PLACE), key)

    def _references_in(
        self, tree: Any, trail: Trail | None
    ) -> Iterator[tuple[dict[str, Any], list[str], Resolved | None]]:
        """Yield each reference object, its steps, and its final target, None if there is none."""
        for place, _, _, value in parts_of(tree, trail=trail):
            if (reference := reference_in(value)) is None:
                continue
            steps = steps_of(place)
            if _is_value(steps[2:] if trail else steps, is_old=self._is_old):
                continue
            self._effort.spend()
            try:
                yield value, steps, self._end(reference)
            except BadReference as error:
                keyword = next(each for each in KEYWORDS if isinstance(value.get(each), str))
                pointer = join(*steps, keyword)
                self.dangling.append(Dangling(pointer, error.reason, error.message))
                yield value, steps, None

    def _end(self, reference: str) -> Resolved:
        """Return the final target of a reference, which is no reference itself."""
        found, seen = self._references.find(reference), set[str]()
        while (inner := reference_in(found.value)) is not None:
            if found.pointer in seen:
                message = f"The reference {reference[:100]!r} leads back to itself."
                raise BadReference(Reason.CIRCULAR_REFERENCE, message)
            seen.add(found.pointer)
            found = self._references.find(inner)
        return found

    def _rewrite(self, value: dict[str, Any], steps: list[str], end: Resolved | None) -> None:
        """Rewrite a reference to its final target, or to a placeholder if it has none.

        An object of an external document is inlined, since its kind follows from where it is
        referred to; a schema is not, since it may refer to itself.
        """
        is_object = steps[-2:-1] and (steps[-2] in _OBJECTS or steps[-1] == "requestBody")
        if end is None:
            kind = "parameter" if steps[-2:-1] == ["parameters"] else "any"
            end = Resolved(join(_NOTHING, kind), _ANYTHING[kind])
        elif is_object and _SCHEMAS.isdisjoint(steps) and end.pointer.startswith(f"/{PLACE}/"):
            if isinstance(end.value, dict):
                value.clear()
                value.update(end.value)
            self._moved[join(*steps)] = end.pointer
            return
        for keyword in KEYWORDS:
            if isinstance(value.get(keyword), str):
                del value[keyword]
        value["$ref"] = f"#{quote(end.pointer)}"
        self._ends[value["$ref"]] = end


def _entry(value: Any, step: str | int) -> tuple[Any] | None:
    if isinstance(value, dict):
        key = step if step in value else str(step)
        return (value[key],) if key in value else None
    if isinstance(value, list) and str(step).isdecimal() and int(step) < len(value):
        return (value[int(step)],)
    return None


def _is_name_map(trail: Trail | None) -> bool:
    return trail is not None and trail[1] in _NAMED


def _is_value(steps: Sequence[str], *, is_old: bool) -> bool:
    """Return whether an object is part of an example or another value, so no reference."""
    for number, step in enumerate(steps):
        if number and steps[number - 1] in _NAMED:
            continue
        if step in _VALUES or step.startswith("x-"):
            return True
        if step == "examples" and (is_old or "".join(steps[number + 1 : number + 2]).isdecimal()):
            return True
    return False
