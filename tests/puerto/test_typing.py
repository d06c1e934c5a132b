"""A type checker sees an author's mistakes, and none where there are none."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

PLUGIN: Final = '''
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from pydantic import BaseModel

from puerto import (
    Artifact, Ask, Confirmed, Deny, Effect, FunctionTool, Preview, PluginContext, Proposal,
    Registry, ToolContext, ToolFailed, hookimpl, tool,
)
from puerto.types import PreviewFunction


class Ticket(BaseModel):
    number: int


async def show(number: int, context: ToolContext) -> Preview:
    return Preview("Close", f"#{number}", reversible=False, details=["for good"])


def in_short(number: int) -> str:
    return f"Close {number}"


@tool(effect="destructive", title="Close a ticket", preview=show)
async def close(number: Annotated[int, Confirmed()], context: ToolContext) -> Ticket:
    """Close a ticket."""
    raise ToolFailed("locked", code="LOCKED", retryable=True, details={"by": "ben"})


@tool(effect=Effect.READ, preview=in_short)
def look(number: int) -> Artifact:
    """Look at a ticket."""
    return Artifact(b"", "text/plain", "x.txt")


@tool(effect="read")
async def read(name: str) -> AsyncIterator[str]:
    """Read a log."""
    yield name


preview: PreviewFunction = show
made: FunctionTool[[int], Artifact] = look
file: Artifact = look(7)


async def veto(proposal: Proposal, context: PluginContext) -> Deny | Ask | None:
    return Deny("no") if proposal.effect is Effect.DESTRUCTIVE else None


async def figures() -> Mapping[str, float]:
    return {"tickets": 1}


@hookimpl
def puerto_register(registry: Registry) -> None:
    registry.add_tools(close, look, read)
    registry.add_veto(veto)
    registry.add_figures(figures)
'''

WRONG: Final = '''
from puerto import Preview, Registry, ToolFailed, tool


@tool(effect="delete")  # wrong
def remove(number: int) -> str:
    """Remove it."""
    return ""


@tool(effect="write", preview=7)  # wrong
def change(number: int) -> str:
    """Change it."""
    return ""


@tool(effect="write", title=None)  # wrong
def move(number: int) -> str:
    """Move it."""
    return ""


Preview("Close", reversible="no")  # wrong
Preview(target="#7")  # wrong
ToolFailed("no", code=404)  # wrong
ToolFailed("no", retry=True)  # wrong
change("7")  # wrong


def veto(proposal: str) -> bool:
    return False


def register(registry: Registry) -> None:
    registry.add_tools(veto)  # wrong
    registry.add_veto(veto)  # wrong
    registry.add_tool(change)  # wrong
'''


@pytest.mark.long
def test_mypy_takes_what_is_right_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(PLUGIN)
    (tmp_path / "wrong.py").write_text(WRONG)
    command = (sys.executable, "-m", "mypy", f"--config-file={ROOT / 'setup.cfg'}", tmp_path)
    checked = subprocess.run(
        command,
        cwd=ROOT,  # whose cache knows the rest
        env=os.environ | {"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1, checked.stdout + checked.stderr
    found = re.findall(r"(\w+)\.py:(\d+): error: ", checked.stdout)
    marked = [
        ("wrong", str(number))
        for number, line in enumerate(WRONG.splitlines(), 1)
        if line.endswith("# wrong")
    ]
    assert sorted(set(found)) == sorted(marked), checked.stdout
