"""A tool's parameters as a form, while it is being filled from a message."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.llm.offline.candidates import candidates
from adapters.llm.offline.leftovers import leftover
from adapters.llm.offline.schemas import Field, Kind, fits, item_field
from adapters.llm.offline.text.language import terms
from adapters.llm.offline.values import FoundValue, Reading
from domain.tools.tool import ToolSpec


@dataclass(slots=True)
class Form:
    """A form being filled; ``taken`` are the spans of the message that are used already."""

    tool: ToolSpec
    reading: Reading
    fields: Sequence[Field]
    arguments: dict[str, Any] = field(default_factory=dict)
    taken: list[tuple[int, int]] = field(default_factory=list)
    misfits: set[str] = field(default_factory=set)

    @property
    def open(self) -> list[Field]:
        """The parameters without a value."""
        return [
            each
            for each in self.fields
            if each.name not in self.arguments and each.name not in self.misfits
        ]

    @property
    def rest(self) -> FoundValue | None:
        """The unused text, if there is any."""
        idle = [*terms(self.tool.name), *(word for each in self.fields for word in each.terms)]
        return leftover(self.reading, self.taken, idle)

    def put(self, target: Field, found: FoundValue) -> None:
        """Set the value of a parameter."""
        self.arguments[target.name] = found.value
        self.taken.append((found.start, found.end))

    def free(self, target: Field) -> list[FoundValue]:
        """Return the unused values that fit a parameter."""
        return [f for f in candidates(target, self.reading) if not f.overlaps(self.taken)]

    def ids(self, target: Field) -> list[FoundValue]:
        """Return the numbers that may be ids: those beside the name of what they identify."""
        if target.kind is not Kind.IDENTIFIER:
            return []
        said = [
            replace(each, value=self.reading.text[each.start : each.end])
            for each in self.reading.numbers
            if not each.overlaps(self.taken)
        ]
        return [each for each in said if fits(each.value, target.schema)]

    def item(self, target: Field) -> Field | None:
        """Return the type of a list's items; None if the parameter is no list."""
        if target.kind is not Kind.ARRAY:
            return None
        return item_field(target, self.tool.parameters)
