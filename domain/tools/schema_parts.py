"""Parts of a tool's JSON Schema, for a model that was shown only some of it."""

from collections.abc import Mapping
from typing import Any, Final

from domain.shared.errors import ToolFailed
from domain.shared.json_schema import PARTS, facets, opened, properties_of, reached, without

_UNNAMED: Final = (*PARTS, "items", "additionalProperties")
_TOLD: Final = 40  # names that a refusal lists


def part_of(schema: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return what a schema says of one place, with the definitions that this refers to.

    ``place`` names arguments and what is in them, with dots: ``body.customer.address``. Lists and
    choices on the way need no name. An empty place is the whole schema.

    Raises:
        ToolFailed: there is no such place; the message says what there is.

    """
    found: Any = schema
    for at, name in enumerate(names := [part for part in place.split(".") if part]):
        facing = reversed(list(facets(found, schema, _UNNAMED)))  # of a name, the nearest counts
        members = {name: each for facet in facing for name, each in properties_of(facet).items()}
        if name not in members:
            where = ".".join(names[:at]) or "the arguments"
            there = ", ".join(sorted(members)[:_TOLD]) or "nothing that has a name"
            raise ToolFailed(f"There is no {name!r} in {where}. There is: {there}.")
        found = members[name]
    part = without(opened(found, schema), "$defs")
    needed = reached(part, schema)
    return {**part, "$defs": needed} if needed else part
