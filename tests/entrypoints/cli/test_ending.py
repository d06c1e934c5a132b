"""Nothing that a plugin leaves behind keeps a command from ending."""

from pathlib import Path

import pytest

from tests.entrypoints.cli.processes import Installation

HOLDS = """
import asyncio
import os
import threading
import time
from contextlib import asynccontextmanager

from puerto import hookimpl

HOW = os.environ["HOLDS_BY"]
LEFT = []


@asynccontextmanager
async def live():
    if HOW == "thread":
        # The loop of a command runs in a daemon thread, and threads inherit that.
        threading.Thread(target=time.sleep, args=(600,), name="mine", daemon=False).start()
    elif HOW == "pool":
        LEFT.append(asyncio.get_running_loop().run_in_executor(None, time.sleep, 600))
    elif HOW == "task":
        LEFT.append(asyncio.create_task(stubborn()))
    yield
    if HOW == "leaving":
        await stubborn()


async def stubborn():
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass


@hookimpl
def puerto_register_lifespan(register):
    register(live)
"""


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("how", ["thread", "pool", "task", "leaving"])
@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_command_ends_whatever_a_plugin_holds(
    installation: Installation, command: str, how: str
) -> None:
    folder = installation.folder / "plugins"
    folder.mkdir()
    (folder / "holds.py").write_text(HOLDS)
    installation.env |= {
        "PUERTO_PLUGINS_FOLDER": str(folder),
        "HOLDS_BY": how,
        "LOG_LEVEL": "ERROR",
    }
    question = "What is 17 * 23?"
    if command == "ask":
        ended = installation.run("ask", question)
    else:
        ended = installation.run("chat", given=f"{question}\n")
    assert ended.returncode == 0, ended.stderr
    assert "391" in ended.stdout
    if how == "thread":
        assert "its process is held by threads of plugins (mine): it is ended now" in ended.stderr


@pytest.mark.usefixtures("migrated")
def test_the_status_is_the_commands_own(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "holds.py").write_text(HOLDS)
    installation.env |= {"PUERTO_PLUGINS_FOLDER": str(folder), "HOLDS_BY": "thread"}
    ended = installation.run("ask", "What is 17 * 23?", "--conversation", "unknown")
    assert ended.returncode == 1
    assert "There is no such conversation." in ended.stderr
