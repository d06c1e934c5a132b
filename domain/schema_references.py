"""References in a tool's JSON Schema (2020-12): they lead to its own ``$defs``, nowhere else."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

DEFINITIONS: Final = "#/$defs/"
ANYTHING: Final[Schema] = {}  # one object: what was compared is known by its identity
_MOST_STEPS: Final = 50  # from one reference to the next


def definitions_of(root: Schema) -> Mapping[str, Any]:
    """Return the definitions of a whole schema, by name."""
    found = root.get("$defs")
    return found if isinstance(found, Mapping) else {}


def resolved(schema: Any, root: Schema) -> Any:
    """Return what a schema refers to at last; itself if it refers to nothing.

    What is not there is a schema that takes anything.
    """
    for _ in range(_MOST_STEPS):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        name = str(schema["$ref"]).removeprefix(DEFINITIONS)
        schema = definitions_of(root).get(name, ANYTHING)
    return schema


def opened(schema: Any, root: Schema) -> Schema:
    """Return a schema with what it refers to in the place of the reference.

    What stands beside the reference counts more. A reference that leads nowhere stays.
    """
    if not isinstance(schema, Mapping):
        return {"not": {}} if schema is False else {}
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith(DEFINITIONS):
        return schema
    target = definitions_of(root).get(reference.removeprefix(DEFINITIONS))
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**target, **beside} if isinstance(target, Mapping) else schema


def path_to(path: str, name: str) -> str:
    """Return the path of a property of what stands at a path: ``body.name``."""
    return f"{path}.{name}" if path else name
