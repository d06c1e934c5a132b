"""Plugins that would end the service, hold its process, or change it for everybody."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.outside.workers import until
from tests.support.service import RunningService

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
    logging.getLogger().handlers.clear()
    logging.getLogger().setLevel(100)
    asyncio.get_running_loop().set_task_factory(None)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.excepthook = sys.excepthook = sys.unraisablehook = None
    sys.setrecursionlimit(60)
    return "changed"


@hookimpl
def puerto_register(registry):
    for each in (leak, hold, change):
        registry.add_tools(each)
'''
CANCELS = '''
import asyncio

from puerto import hookimpl, tool


@tool(effect="read")
async def cancel() -> str:
    """Cancel all that the process does."""
    for task in asyncio.all_tasks():
        task.cancel()
    return "cancelled"


@hookimpl
def puerto_register(registry):
    registry.add_tools(cancel)
'''
TAKES = '''
import asyncio
import builtins
import json
import time

from puerto import hookimpl, tool


@tool(effect="read", timeout=60)
async def take() -> str:
    """Take away what everybody uses, and take one's time."""
    builtins.open = builtins.isinstance = builtins.next = builtins.BaseException = None
    del builtins.len
    json.dumps = time.monotonic = None
    await asyncio.sleep(1)
    return "taken"


@hookimpl
def puerto_register(registry):
    registry.add_tools(take)
'''
TAKES_IN_A_THREAD = '''
import builtins
import time

from puerto import hookimpl, tool


@tool(effect="read", timeout=60)
def take_in_a_thread() -> str:
    """Take away what everybody uses, in a thread."""
    builtins.open = builtins.len = None
    time.sleep(3)
    return "taken"


@hookimpl
def puerto_register(registry):
    registry.add_tools(take_in_a_thread)
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
def puerto_register(registry):
    registry.add_tools(slow)
'''
ASKS = '''
from puerto import ToolContext, hookimpl, tool


@tool(effect="read", timeout=60)
async def ask(context: ToolContext) -> int:
    """Ask until there is an answer, whatever comes."""
    while True:
        try:
            return await context.ask(int, "How many?")
        except BaseException:
            continue


@hookimpl
def puerto_register(registry):
    registry.add_tools(ask)
'''
PLUGINS = {
    "asks": ASKS,
    "rude": RUDE,
    "cancels": CANCELS,
    "takes": TAKES,
    "takes_in_a_thread": TAKES_IN_A_THREAD,
    "slow": SLOW,
}


def serving(folder: Path, *options: str, **settings: str) -> RunningService:
    plugins = folder / "plugins"
    plugins.mkdir(parents=True)
    for name, source in PLUGINS.items():
        (plugins / f"{name}.py").write_text(source)
    return RunningService(folder, *options, PUERTO_PLUGINS_FOLDER=str(plugins), **settings)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service that all of this is done to; it goes on, and ends when it is told to."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, PUERTO_BLOCKED_SECONDS="0.5") as service:
        yield service
        service.signal(signal.SIGTERM)
        assert service.wait() == 0
    assert "the run fails" not in service.log
    assert "heartbeat" not in service.log


@pytest.fixture(scope="module")
def token(service: RunningService) -> str:
    return service.user("ada")


def execute(service: RunningService, token: str, tool: str, **parameters: str) -> object:
    body = {"tool": tool, "parameters": parameters}
    return service.call("POST", "/api/tools/execute", body, token)["result"]


def until_logged(service: RunningService, text: str) -> None:
    until(lambda: service.log, lambda log: text in log)


def leave_tasks_behind(service: RunningService, token: str) -> None:
    for kind, what in (
        ("exit", "a task that was left behind raised SystemExit"),
        ("interrupt", "a task that was left behind raised KeyboardInterrupt"),
        ("stop", "some code stopped the event loop"),
    ):
        assert execute(service, token, "leak", kind=kind) == "left"
        until_logged(service, f"{what}: the service goes on")
    for _ in range(3):
        assert execute(service, token, "calculator", expression="1 + 1")


def test_a_task_that_was_left_behind_ends_nothing(service: RunningService, token: str) -> None:
    leave_tasks_behind(service, token)


@pytest.mark.long
def test_a_task_that_was_left_behind_ends_no_worker(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as service:
        leave_tasks_behind(service, service.user("ada"))
        assert service.stop() == 0
    assert "a worker ended" not in service.log


def test_nothing_that_was_left_behind_keeps_the_process_from_ending(tmp_path: Path) -> None:
    kinds = ("thread", "pool", "task")
    with ExitStack() as stack:
        held = {kind: stack.enter_context(serving(tmp_path / kind)) for kind in kinds}
        for kind, service in held.items():
            assert execute(service, service.user("ada"), "hold", kind=kind) == "held"
        for service in held.values():  # at once: each takes the seconds that it has to end
            service.signal(signal.SIGTERM)
        assert [service.wait() for service in held.values()] == [0, 0, 0]
    assert all("its process is held by" in service.log for service in held.values())
    named = [kind for kind in kinds if "threads of plugins (mine)" in held[kind].log]
    assert named == ["thread"]


def test_changes_of_the_process_are_named_and_put_back(service: RunningService, token: str) -> None:
    assert execute(service, token, "change") == "changed"
    assert execute(service, token, "calculator", expression="1 + 1")  # in a thread of its own
    until_logged(service, "the handler of SIGTERM was changed to")  # which ends it at last
    assert Path(f"/proc/{service.pid}/cwd").readlink() == service.folder
    who = "the tool change of the plugin rude: "
    for what in (
        "logging was disabled",
        "the handlers of the logger root were removed",
        "the level of the logger root was set to 100",
        "the loop's task factory was replaced",
        "the working folder was changed to /",
        "the handler of",
        "threading.excepthook was changed",
        "sys.unraisablehook was changed",
        "the limit of recursion was lowered to 60",
    ):
        assert f"{who}{what}" in service.log


@pytest.mark.long
def test_a_tool_that_never_stops_asking_holds_nobody(service: RunningService, token: str) -> None:
    body = {"tool": "ask", "parameters": {}}
    for _ in range(2):  # the attempt before is still at it
        waiting = service.call("POST", "/api/tools/execute", body, token)
        assert waiting["status"] == "waiting_consent"
        request = {"consent_request_id": waiting["consent_request"]["id"], "approved": False}
        service.call("POST", "/api/chat/consent", request, token)
        assert execute(service, token, "calculator", expression="1 + 1")


@pytest.mark.parametrize(
    ("plugin", "tool", "did"),
    [
        ("cancels", "cancel", "cancelled a task that is not its own"),
        ("takes", "take", "replaced builtins."),
        ("takes_in_a_thread", "take_in_a_thread", "replaced builtins."),
    ],
)
def test_what_the_service_lives_on_is_kept_and_who_took_it_is_set_aside(
    service: RunningService, token: str, plugin: str, tool: str, did: str
) -> None:
    admin = service.admin()
    with ThreadPoolExecutor(3) as others:
        slow = others.submit(execute, service, token, "slow")
        asked = others.submit(service.call, "POST", "/api/chat", {"message": "2 * 21?"}, token)
        rude = others.submit(_attempt, service, token, tool)
        assert slow.result() == "answered"
        assert "42" in asked.result()["message"]
        rude.result()
    until_logged(service, f"the tool {tool} of the plugin {plugin}")
    found = until(
        lambda: _plugin(service, admin, plugin), lambda each: each["state"] == "quarantined"
    )
    assert f"it {did}" in found["reason"]
    assert [each["part"] for each in found["incidents"]] == ["process"]
    assert did in found["incidents"][0]["last_error"]
    for _ in range(3):
        assert execute(service, token, "calculator", expression="1 + 1")


def _attempt(service: RunningService, token: str, tool: str) -> None:
    """Make a call that may end well or fail, but ends."""
    try:
        execute(service, token, tool)
    except HTTPError as error:
        assert error.code < 500 or error.code == 502, error.read()


def _plugin(service: RunningService, token: str, name: str) -> dict[str, Any]:
    found = service.call("GET", "/api/plugins", token=token)["plugins"]
    return next(each for each in found if each["name"] == name)
