"""Filling in a form at the terminal: what a tool asks its user, field by field."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.shared.json_schema import facets, opened, properties_of, required_in, values_in
from domain.tools.argument_repair import coerced
from entrypoints.cli.chat.reading import Read
from entrypoints.cli.clients.client import Json
from entrypoints.cli.screen import plain

NEEDED: Final = "It needs a value."


def fill_in(schema: Json, read: Read, tell: Callable[[str], object]) -> dict[str, Any]:
    """Ask the person by ``read`` for each field of a form; return the values.

    An empty line leaves a field out that has a default or is not needed. A text stands for itself,
    and for what the schema makes of it: a number, ``true``, or JSON for a list or an object.

    Raises:
        EOFError: the input has ended.
        KeyboardInterrupt: the person does not want to answer now.

    """
    needed = set(required_in(schema))
    values: dict[str, Any] = {}
    for name, field in properties_of(schema).items():
        prompt = _prompt(name, opened(field, schema), schema)
        while not (text := read(prompt)) and name in needed:
            tell(NEEDED)
        if text:
            values[name] = text
    return coerced(values, schema)


def _prompt(name: str, field: Mapping[str, Any], schema: Json) -> str:
    """Return the line before a field: its name, description, choices and default."""
    listed = (values_in(each) for each in facets(field, schema))
    choices = next((each for each in listed if each), None)
    notes = [str(field["description"])] if "description" in field else []
    notes += [" | ".join(map(_shown, choices))] if choices else []
    notes += [f"Enter for {_shown(field['default'])}"] if "default" in field else []
    return plain(f"{name} ({'; '.join(notes)}): " if notes else f"{name}: ")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
