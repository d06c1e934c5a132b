"""A plugin whose tools leave lines in the file that LEDGER_FILE names: each line is an effect."""

import asyncio
import os
from pathlib import Path

from puerto import KeyAccount, Registry, ToolContext, hookimpl, tool


@tool(effect="write", timeout=60)
async def append_line(text: str, seconds: float = 0) -> str:
    """Append a line to the ledger.

    Args:
        text: the line.
        seconds: how long to go on after that.

    """
    _append(f"{text}\n")
    await asyncio.sleep(seconds)
    return f"appended {text}"


@tool(effect="write", timeout=60)
async def append_asked(text: str, context: ToolContext, seconds: float = 0) -> str:
    """Append a line to the ledger, on the page that the user names.

    Args:
        text: the line.
        seconds: how long to go on after that.

    """
    _append(f"asks {text}\n")
    page = await context.ask(int, f"On which page does {text} go?")
    _append(f"{text} on {page}\n")
    await asyncio.sleep(seconds)
    return f"appended {text} on {page}"


@tool(effect="read", timeout=60)
async def read_signature(context: ToolContext) -> str:
    """Read how the user signs, with the user's own seal."""
    _append("looks for a seal\n")
    seal = await context.credentials("seal")
    _append(f"sealed with {len(seal.token)} characters\n")
    return f"signed with {seal.token}"


def _append(line: str) -> None:
    with Path(os.environ["LEDGER_FILE"]).open("a", encoding="utf-8") as file:
        file.write(line)


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the tools, and the account that one of them needs."""
    registry.add_tools(append_line, append_asked, read_signature)
    registry.add_account(KeyAccount(name="seal", title="the sealer"))
