"""Parts of a tool's JSON Schema, for a model that got an abridged one."""

from collections.abc import Mapping
from typing import Any, Final

from domain.shared.errors import ToolFailed
from domain.shared.json_schema import PARTS, facets, opened, properties_of, reached, without

_UNNAMED: Final = (*PARTS, "items", "additionalProperties")
_LISTED: Final = 40  # names in an error's message


def part_of(schema: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the subschema at one place, with the definitions it refers to.

    ``place`` is a dotted path of arguments and properties: ``body.customer.address``. Lists and
    alternatives (``anyOf``) on the way have no name in it. An empty place is the whole schema.

    Raises:
        ToolFailed: there is no such place; the message lists the names that exist.

    """
    subschema: Any = schema
    for at, name in enumerate(names := [part for part in place.split(".") if part]):
        facing = reversed(
            list(facets(subschema, schema, _UNNAMED))
        )  # of a name, the nearest counts
        members = {name: each for facet in facing for name, each in properties_of(facet).items()}
        if name not in members:
            where = ".".join(names[:at]) or "the arguments"
            there = ", ".join(sorted(members)[:_LISTED]) or "nothing that has a name"
            raise ToolFailed(f"There is no {name!r} in {where}. There is: {there}.")
        subschema = members[name]
    part = without(opened(subschema, schema), "$defs")
    needed = reached(part, schema)
    return {**part, "$defs": needed} if needed else part
