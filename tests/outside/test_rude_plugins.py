"""Plugins that would end the service, hold its process, or change it for everybody."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.service import RunningService

RUDE = '''
import asyncio
import builtins
import json
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


@tool(effect="read")
async def cancel() -> str:
    """Cancel all that the process does."""
    for task in asyncio.all_tasks():
        task.cancel()
    return "cancelled"


@tool(effect="read", timeout=60)
async def take() -> str:
    """Take away what everybody uses, and take one's time."""
    builtins.open = builtins.isinstance = builtins.next = builtins.BaseException = None
    del builtins.len
    json.dumps = time.monotonic = None
    await asyncio.sleep(1)
    return "taken"


@tool(effect="read", timeout=60)
def take_in_a_thread() -> str:
    """Take away what everybody uses, in a thread."""
    builtins.open = builtins.len = None
    time.sleep(3)
    return "taken"


@hookimpl
def puerto_register_tools(register):
    for each in (leak, hold, change, cancel, take, take_in_a_thread):
        register(each)
'''
SLOW = '''
import asyncio

from puerto import hookimpl, tool


@tool(effect="read", timeout=60)
async def slow() -> str:
    """Answer in a while."""
    await asyncio.sleep(2)
    return "answered"


@hookimpl
def puerto_register_tools(register):
    register(slow)
'''


def serving(tmp_path: Path, *options: str, **settings: str) -> RunningService:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "rude.py").write_text(RUDE)
    (plugins / "slow.py").write_text(SLOW)
    return RunningService(tmp_path, *options, PUERTO_PLUGINS_FOLDER=str(plugins), **settings)


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


@pytest.mark.parametrize(
    ("tool", "did"),
    [
        ("cancel", "cancelled a task that is not its own"),
        ("take", "replaced builtins."),
        ("take_in_a_thread", "replaced builtins."),
    ],
)
def test_what_the_service_lives_on_is_kept_and_who_took_it_is_set_aside(
    tmp_path: Path, tool: str, did: str
) -> None:
    with serving(tmp_path, PUERTO_BLOCKED_SECONDS="0.5") as service:
        admin = service.call(
            "POST", "/api/auth/login", {"username": "admin", "password": service.password}
        )["access_token"]
        token = service.user("ada")
        with ThreadPoolExecutor(3) as others:
            slow = others.submit(execute, service, token, "slow")
            asked = others.submit(service.call, "POST", "/api/chat", {"message": "2 * 21?"}, token)
            rude = others.submit(_attempt, service, token, tool)
            assert slow.result() == "answered"
            assert "42" in asked.result()["message"]
            rude.result()
        until(service, f"the tool {tool} of the plugin rude")
        deadline = time.monotonic() + 60
        while (plugin := _plugin(service, admin, "rude"))["state"] != "quarantined":
            assert time.monotonic() < deadline, (plugin, service.log)
            time.sleep(0.1)
        assert f"it {did}" in plugin["reason"]
        assert [each["part"] for each in plugin["incidents"]] == ["process"]
        assert did in plugin["incidents"][0]["last_error"]
        for _ in range(3):
            assert execute(service, token, "calculator", expression="1 + 1")
        assert service.stop() == 0
    assert "the run fails" not in service.log
    assert "heartbeat" not in service.log


def _attempt(service: RunningService, token: str, tool: str) -> None:
    """Make a call that may end well or fail, but ends."""
    try:
        execute(service, token, tool)
    except HTTPError as error:
        assert error.code < 500 or error.code == 502, error.read()


def _plugin(service: RunningService, token: str, name: str) -> dict[str, Any]:
    found = service.call("GET", "/api/plugins", token=token)["plugins"]
    return next(each for each in found if each["name"] == name)
