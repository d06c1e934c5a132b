"""Detection of cycles of definitions through ``allOf``, ``anyOf``, ``oneOf`` and references.

A parent that is one of its children (``oneOf``), each of which includes the parent (``allOf``):
documents express inheritance so, and a validator would recurse for ever. Recursion through
properties and items is no such cycle: there the value ends it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.shared.json_schema import CHOICES, PARTS, parts_of
from plugins.openapi.reading.problems import BadReference
from plugins.openapi.reading.references import References, reference_in

_MOST_DEEP: Final = 80


class Cycles:
    """The cycles (strongly connected components, Tarjan's algorithm) of a document's definitions.

    With ``only_choices`` only ``anyOf`` and ``oneOf`` count as edges.
    """

    def __init__(self, references: References, *, only_choices: bool = False) -> None:
        self._references = references
        self._keywords = CHOICES if only_choices else PARTS
        self._only_choices = only_choices
        self._cycle: dict[str, int] = {}  # number of the component, by place

    def joins(self, here: str, there: str) -> bool:
        """Return whether both places are in the same cycle."""
        for place in (here, there):
            if place not in self._cycle:
                self._explore(place)
        return self._cycle[here] == self._cycle[there]

    def _explore(self, start: str) -> None:
        number: dict[str, int] = {start: 0}
        least: dict[str, int] = {start: 0}
        path = [start]
        on_path = {start}
        waiting = [(start, self._steps(start))]
        while waiting:
            place, steps = waiting[-1]
            following = next((step for step in steps if step not in self._cycle), None)
            if following is None:
                waiting.pop()
                if waiting:
                    before = waiting[-1][0]
                    least[before] = min(least[before], least[place])
                if least[place] == number[place]:
                    self._close(place, path, on_path)
            elif following not in number:
                number[following] = least[following] = len(number)
                path.append(following)
                on_path.add(following)
                waiting.append((following, self._steps(following)))
            elif following in on_path:
                least[place] = min(least[place], number[following])

    def _close(self, place: str, path: list[str], on_path: set[str]) -> None:
        cycle = len(self._cycle)
        while True:
            last = path.pop()
            on_path.discard(last)
            self._cycle[last] = cycle
            if last == place:
                return

    def _steps(self, place: str) -> Iterator[str]:
        try:
            value = self._references.find(f"#{place}").value
        except BadReference:
            return
        yield from self._targets(value, 0, at_top=True)

    def _targets(self, value: Any, depth: int, *, at_top: bool = False) -> Iterator[str]:
        if not isinstance(value, Mapping) or depth > _MOST_DEEP:
            return
        reference = reference_in(value)
        if reference is not None and not (at_top and self._only_choices):
            try:
                yield self._references.follow(reference).pointer
            except BadReference:
                return
        for part in parts_of(value, *self._keywords):
            yield from self._targets(part, depth + 1)
