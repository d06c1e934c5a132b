"""Plugins that would end the service, hold its process, or change it for everybody."""

import signal
import time
from pathlib import Path

import pytest

from tests.service import RunningService

RUDE = '''
import asyncio
import logging
import os
import signal
import sys
import threading
import time

from puerto import hookimpl, tool

LEFT = []


@tool(effect="read")
async def leak(kind: str) -> str:
    """Leave a task behind that raises what would end the process."""

    async def rude() -> None:
        if kind == "stop":
            asyncio.get_running_loop().stop()
            return
        raise {"exit": SystemExit, "interrupt": KeyboardInterrupt}[kind](3)

    LEFT.append(asyncio.create_task(rude()))
    return "left"


@tool(effect="read")
async def hold(kind: str) -> str:
    """Leave behind what never ends."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                pass

    if kind == "thread":
        threading.Thread(target=time.sleep, args=(600,), name="mine").start()
    elif kind == "pool":
        LEFT.append(asyncio.get_running_loop().run_in_executor(None, time.sleep, 600))
    else:
        LEFT.append(asyncio.create_task(stubborn()))
    return "held"


@tool(effect="read")
async def change() -> str:
    """Change the process for everybody."""
    os.chdir("/")
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.excepthook = sys.excepthook = sys.unraisablehook = None
    sys.setrecursionlimit(60)
    return "changed"


@hookimpl
def puerto_register_tools(register):
    for each in (leak, hold, change):
        register(each)
'''


def serving(tmp_path: Path, *options: str) -> RunningService:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "rude.py").write_text(RUDE)
    return RunningService(tmp_path, *options, PUERTO_PLUGINS_FOLDER=str(plugins))


def execute(service: RunningService, token: str, tool: str, **parameters: str) -> object:
    body = {"tool": tool, "parameters": parameters}
    return service.call("POST", "/api/tools/execute", body, token)["result"]


def until(service: RunningService, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in service.log:
        assert time.monotonic() < deadline, service.log
        time.sleep(0.05)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_task_that_was_left_behind_ends_nothing(tmp_path: Path, workers: str) -> None:
    with serving(tmp_path, "--workers", workers) as service:
        token = service.user("ada")
        for kind, what in (
            ("exit", "a task that was left behind raised SystemExit"),
            ("interrupt", "a task that was left behind raised KeyboardInterrupt"),
            ("stop", "some code stopped the event loop"),
        ):
            assert execute(service, token, "leak", kind=kind) == "left"
            until(service, f"{what}: the service goes on")
        for _ in range(3):
            assert execute(service, token, "calculator", expression="1 + 1")
        assert service.stop() == 0
    assert "a worker ended" not in service.log


@pytest.mark.parametrize("kind", ["thread", "pool", "task"])
def test_nothing_that_was_left_behind_keeps_the_process_from_ending(
    tmp_path: Path, kind: str
) -> None:
    with serving(tmp_path) as service:
        assert execute(service, service.user("ada"), "hold", kind=kind) == "held"
        assert service.stop() == 0
    assert "its process is held by" in service.log
    assert ("threads of plugins (mine)" in service.log) is (kind == "thread")


def test_changes_of_the_process_are_named_and_put_back(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        token = service.user("ada")
        assert execute(service, token, "change") == "changed"
        assert execute(service, token, "calculator", expression="1 + 1")  # in a thread of its own
        until(service, "the handler of SIGTERM was changed to")
        assert Path(f"/proc/{service.pid}/cwd").readlink() == tmp_path
        service.signal(signal.SIGTERM)
        assert service.wait() == 0
    who = "the tool change of the plugin rude: "
    for what in (
        "logging was disabled",
        "the working folder was changed to /",
        "the handler of",
        "threading.excepthook was changed",
        "sys.unraisablehook was changed",
        "the limit of recursion was lowered to 60",
    ):
        assert f"{who}{what}" in service.log
