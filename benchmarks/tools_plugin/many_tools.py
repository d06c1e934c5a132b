"""A plugin of as many tools as ``MANY_TOOLS`` says, each with a schema as tools have them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from puerto import Effect, Registry, ToolContext, ToolSpec, hookimpl


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks nothing up: nobody calls it."""

    spec: ToolSpec

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Take any arguments."""
        return dict(arguments)

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:  # noqa: ARG002  the port's signature
        """Return the arguments."""
        return dict(arguments)


def lookup(number: int) -> Lookup:
    """Return one of the tools."""
    parameters = {
        "type": "object",
        "properties": {
            "ship": {"type": "string", "description": f"Name of a ship in harbour {number}."},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
            "include_cargo": {"type": "boolean", "default": False},
        },
        "required": ["ship"],
        "additionalProperties": False,
    }
    says = f"Look up where a ship lies in harbour {number}, and since when."
    return Lookup(ToolSpec(f"lookup_{number:04}", says, parameters, Effect.READ))


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register them all."""
    registry.add_tools(*map(lookup, range(int(os.environ["MANY_TOOLS"]))))
