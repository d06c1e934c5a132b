"""The tools of the kill storm: each call leaves one line in a file that no crash takes back.

The line is on the disk before the call goes on, so the file tells what took effect, whatever
the service believes. Calls dawdle before and after it, so that kills land on both sides.
"""

import asyncio
import json
import os
import random
from typing import Any, Final, Literal

from puerto import ToolContext, hookimpl, tool

LONGEST: Final = 0.25  # seconds of dawdling on each side of the effect

Mode = Literal["free", "usual", "never"]


async def _act(name: str, context: ToolContext, **arguments: str) -> dict[str, Any]:
    chance = random.Random(f"{os.environ['STORM_SEED']}/{arguments['key']}")
    await asyncio.sleep(chance.uniform(0, LONGEST))
    _keep({"call": context.call_id, "tool": name, "arguments": arguments, "pid": os.getpid()})
    await asyncio.sleep(chance.uniform(0, LONGEST))
    return {"kept": arguments["key"]}


def _keep(effect: dict[str, Any]) -> None:
    file = os.open(os.environ["STORM_EFFECTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, json.dumps(effect).encode() + b"\n")
        os.fsync(file)
    finally:
        os.close(file)


@tool(effect="read")
async def storm_read(key: str, context: ToolContext, mode: Mode = "usual", note: str = "") -> Any:
    """Look at something; the effects tell that it was looked at."""
    return await _act("storm_read", context, key=key, mode=mode, note=note)


@tool(effect="write")
async def storm_write(key: str, context: ToolContext, mode: Mode = "usual", note: str = "") -> Any:
    """Change something, once more with each call."""
    return await _act("storm_write", context, key=key, mode=mode, note=note)


@tool(effect="write", idempotent=True)
async def storm_idempotent(
    key: str, context: ToolContext, mode: Mode = "usual", note: str = ""
) -> Any:
    """Change something; a second call with the same id changes nothing more."""
    return await _act("storm_idempotent", context, key=key, mode=mode, note=note)


@hookimpl
def puerto_register(registry: Any) -> None:
    """Register the three."""
    registry.add_tools(storm_read, storm_write, storm_idempotent)
