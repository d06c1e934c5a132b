"""Nothing that a plugin leaves behind keeps a command from ending."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from tests.entrypoints.cli.processes import Ended, Installation
from tests.support.templates import give_database

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
def puerto_register(registry):
    registry.add_lifespan(live)
"""


QUESTION = "What is 17 * 23?"
COMMANDS = {
    "ask": (("ask", QUESTION), ""),
    "chat": (("chat",), f"{QUESTION}\n"),
    "failing": (("ask", QUESTION, "--conversation", "unknown"), ""),
}
WAYS = ["thread", "pool", "task", "leaving"]
CASES = [*product(("ask", "chat"), WAYS), ("failing", "thread")]

Endings = Mapping[tuple[str, str], Future[Ended]]


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endings]:
    """How each command ended, all of which wait for their plugins at the same time."""
    installations = [_installation(tmp_path_factory.mktemp(how), how) for _, how in CASES]
    with ThreadPoolExecutor(len(CASES)) as pool:
        yield {
            case: pool.submit(_end, installation, case[0])
            for case, installation in zip(CASES, installations, strict=True)
        }


def _installation(folder: Path, how: str) -> Installation:
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "holds.py").write_text(HOLDS)
    give_database(folder / "data")
    settings = {"HOLDS_BY": how, "LOG_LEVEL": "ERROR"}
    return Installation(folder, PUERTO_PLUGINS_FOLDER=str(plugins), **settings)


def _end(installation: Installation, command: str) -> Ended:
    arguments, given = COMMANDS[command]
    return installation.run(*arguments, given=given)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_command_ends_whatever_a_plugin_holds(endings: Endings, command: str, how: str) -> None:
    ended = endings[command, how].result()
    assert ended.returncode == 0, ended.stderr
    assert "391" in ended.stdout
    if how == "thread":
        assert "its process is held by threads of plugins (mine): it is ended now" in ended.stderr


def test_the_status_is_the_commands_own(endings: Endings) -> None:
    ended = endings["failing", "thread"].result()
    assert ended.returncode == 1
    assert "There is no such conversation." in ended.stderr
