"""Resolver of references (``$ref``), within the document and to external documents, with limits.

Nothing is fetched here. A reference to an ``$id``, an anchor, or the document's own file name is
internal; every other address is external, whatever its scheme.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

from domain.shared.errors import PuertoError
from domain.shared.json_pointers import join, split
from plugins.openapi.reading.identifiers import parts_of, steps_of
from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.outside import KEYWORDS, PLACE, Outside
from plugins.openapi.reading.problems import BadReference, DocumentRefused, Reason

_SECTIONS: Final = {  # of Swagger 2, and where OpenAPI 3 has the same
    "definitions": ("components", "schemas"),
    "parameters": ("components", "parameters"),
    "responses": ("components", "responses"),
    "requestBodies": ("components", "requestBodies"),
}
_ANNOTATIONS: Final = frozenset({"summary", "description", "title", "example", "examples"})
_MISSING: Final = object()
_MOST_DETOURS: Final = 50  # references in the middle of a pointer
_MOST_RESOURCES: Final = 50  # with an ``$id``, that are searched for what is not found elsewhere
_SHOWN: Final = 100  # characters


@dataclass(frozen=True, slots=True)
class Resolved:
    """The target of a reference, with its canonical JSON Pointer."""

    pointer: str
    value: Any


Target = Callable[[Any], Resolved | None]
"""Returns the target of a schema that is a reference, else None."""


def reference_in(value: Any) -> str | None:
    """Return the reference of a reference object, or None for any other value.

    In a map of properties, one named ``$ref`` has a schema for its value, not a string.
    """
    if isinstance(value, dict):
        for keyword in KEYWORDS:
            if isinstance(value.get(keyword), str):
                return str(value[keyword])
    return None


class References:
    """Resolver of one document; ``names`` are the document's own addresses, with its file name.

    Without ``outside`` no external reference is followed.
    """

    def __init__(
        self,
        tree: Mapping[str, Any],
        names: Sequence[str],
        limits: ReadingLimits,
        outside: Outside | None = None,
    ) -> None:
        self._own = tree
        self._tree = {**tree, PLACE: outside.trees} if outside else tree
        self._outside = outside
        self._names = frozenset(name for name in names if name)
        self._limits = limits
        self._found: dict[str, Resolved] = {}
        self._ends: dict[str, Resolved] = {}
        self._lost: set[str] = set()
        self._index: dict[str, Resolved] | None = None

    @property
    def tree(self) -> Mapping[str, Any]:
        """The document, with the external documents fetched so far under `PLACE`."""
        return self._tree

    def address(self, key: str) -> str:
        """Return the address of the external document with this key."""
        return self._outside.addresses[key] if self._outside else ""

    def follow(self, reference: str) -> Resolved:
        """Return the final target of a reference, through references that it leads to.

        References whose siblings only describe them are followed as well.

        Raises:
            BadReference: it is external, dangling or circular.

        """
        passed: list[str] = []
        seen: set[str] = set()
        at = reference
        while at not in self._ends:
            found = self.find(at)
            passed.append(at)
            inner = _pure_reference(found.value)
            if inner is None:
                self._ends[at] = found
                break
            if found.pointer in seen or len(seen) > self._limits.steps:
                message = f"The reference {_shown(reference)} leads back to itself."
                raise BadReference(Reason.CIRCULAR_REFERENCE, message)
            seen.add(found.pointer)
            at = inner
        end = self._ends[at]
        self._ends.update(dict.fromkeys(passed, end))
        return end

    def resolved(self, value: Any) -> Any:
        """Return the target of a value that is a reference, any other value as it is.

        Raises:
            BadReference: it is external, dangling or circular.

        """
        reference = reference_in(value)
        if reference is None:
            return value
        target = self.follow(reference).value
        return self.resolved_siblings(value, target)

    def resolved_siblings(self, value: Mapping[str, Any], target: Any) -> Any:
        """Return the target with the summary and description beside the reference (OpenAPI 3.1)."""
        siblings = {key: value[key] for key in ("summary", "description") if key in value}
        return {**target, **siblings} if siblings and isinstance(target, dict) else target

    def find(self, reference: str) -> Resolved:
        """Return the direct target of a reference, which may be a reference itself.

        Raises:
            BadReference: it is external or dangling.

        """
        if (known := self._found.get(reference)) is None:
            known = self._found[reference] = self._find(reference, 0)
        return known

    def _find(self, reference: str, steps: int) -> Resolved:
        address, _, fragment = reference.strip().partition("#")
        if address and not self._is_own(address):
            return self._named(reference, address, fragment, steps)
        if not fragment:
            return Resolved("", self._tree)
        if fragment.startswith("/"):
            if "%" in fragment and (found := self._walked(fragment.split("/")[1:], steps)):
                return found  # percent signs that are not encoding
            return self._at(reference, split(fragment), steps)
        return self._anchored(reference, unquote(fragment), steps)

    def _is_own(self, address: str) -> bool:
        return address in self._names or address.removeprefix("./") in self._names

    def _named(self, reference: str, address: str, fragment: str, steps: int) -> Resolved:
        """Find the target of an ``$id``, or, as in old documents, of a definition's bare name.

        Anything else is external.
        """
        index = self._indexed()
        if fragment.startswith("/") and (base := index.get(address)) is not None:
            return self._at(reference, [*split(base.pointer), *split(fragment)], steps)
        if (found := index.get(f"{address}#{fragment}" if fragment else address)) is not None:
            return found
        if not fragment and (found := self._definition(unquote(address))) is not None:
            return found
        return self._at(reference, self._external(reference, address, fragment), steps)

    def _external(self, reference: str, address: str, fragment: str) -> Sequence[str]:
        """Return the steps to the target in an external document."""
        message = f"The reference {_shown(reference)} leads outside of the document."
        try:
            place = self._outside.place(address, fragment) if self._outside else None
        except DocumentRefused:
            raise  # the time limit of the whole document is exceeded
        except PuertoError as error:
            raise BadReference(Reason.OUTSIDE_REFERENCE, f"{message} {error.message}") from error
        if place is None:
            raise BadReference(Reason.OUTSIDE_REFERENCE, message)
        return place

    def _anchored(self, reference: str, name: str, steps: int) -> Resolved:
        if (found := self._indexed().get(f"#{name}")) is not None:
            return found
        if (found := self._definition(name)) is not None:
            return found
        if "/" in name:  # "#definitions/Pet", the slash forgotten
            return self._at(reference, name.split("/"), steps)
        raise _dangling(reference)

    def _definition(self, name: str) -> Resolved | None:
        for section in (("components", "schemas"), ("definitions",)):
            value = self._tree
            for step in section:
                inner = value.get(step)
                value = inner if isinstance(inner, dict) else {}
            if name in value:
                return Resolved(join(*section, name), value[name])
        return None

    def _at(self, reference: str, steps: Sequence[str], taken: int) -> Resolved:
        found = self._walked(steps, taken)
        if found is None and steps:
            for other in self._elsewhere(steps):
                found = found or self._walked(other, taken)
        if found is None:
            raise _dangling(reference)
        return found

    def _elsewhere(self, steps: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield alternative steps: the section of the other version, or within an ``$id``."""
        if steps[0] in _SECTIONS:
            yield [*_SECTIONS[steps[0]], *steps[1:]]
        for section, place in _SECTIONS.items():
            if tuple(steps[:2]) == place:
                yield [section, *steps[2:]]
        resources = (base for name, base in self._indexed().items() if "#" not in name)
        for base in islice(resources, _MOST_RESOURCES):
            yield [*split(base.pointer), *steps]

    def _walked(self, steps: Sequence[str], taken: int) -> Resolved | None:
        """Walk down the steps, through references on the way; None if a step does not exist."""
        pointer, value = "", self._tree
        for step in steps:
            inner = _step(value, step)
            while inner is _MISSING and (reference := reference_in(value)) is not None:
                taken += 1
                if taken > _MOST_DETOURS:
                    return None
                if (found := self._detour(reference, taken)) is None:
                    return None
                pointer, value = found.pointer, found.value
                inner = _step(value, step)
            if inner is _MISSING:
                return None
            pointer, value = pointer + join(step), inner
        return Resolved(pointer, value)

    def _detour(self, reference: str, taken: int) -> Resolved | None:
        """Find the target of a reference on the way; caches failures against exponential work."""
        if reference in self._lost:
            return None
        try:
            if (found := self._found.get(reference)) is None:
                found = self._found[reference] = self._find(reference, taken)
        except BadReference:
            self._lost.add(reference)
            return None
        return found

    def _indexed(self) -> dict[str, Resolved]:
        """Return the index of ``$id`` and anchors, built on first use."""
        if self._index is None:
            self._index = dict(_identified(self._own))
        return self._index


def _identified(tree: Mapping[str, Any]) -> Iterator[tuple[str, Resolved]]:
    """Yield all identifiers of parts of the document, with the parts."""
    for trail, _, names, value in parts_of(tree):
        for name in names:
            yield name, Resolved(join(*steps_of(trail)), value)


def _pure_reference(value: Any) -> str | None:
    """Return the reference of an object without other meaningful keys, else None."""
    reference = reference_in(value)
    if reference is None:
        return None
    others = [key for key in value if key not in KEYWORDS and key not in _ANNOTATIONS]
    return None if any(not key.startswith("x-") for key in others) else reference


def _step(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step, _MISSING)
    if isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    return _MISSING


def _dangling(reference: str) -> BadReference:
    message = f"The reference {_shown(reference)} leads to nothing in the document."
    return BadReference(Reason.DANGLING_REFERENCE, message)


def _shown(reference: str) -> str:
    return repr(reference if len(reference) <= _SHOWN else f"{reference[: _SHOWN - 1]}…")
