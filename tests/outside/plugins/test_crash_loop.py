"""A tool that ends the process that calls it, as a segfault or the killer of the kernel does."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.service import RunningService

PATIENCE = 60.0
PLUGIN = '''
import os
from puerto import hookimpl, tool

@tool(effect="read")
async def boom() -> int:
    """End the process."""
    with open(os.environ["CALLS"], "a") as calls:
        calls.write("called\\n")
    os._exit(9)

@hookimpl
def puerto_register(registry):
    registry.add_tools(boom)
'''


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "boomer.py").write_text(PLUGIN)
    answers = [[{"tool": "boom", "arguments": {}}], [{"text": "It does not work."}]]
    cassette = tmp_path / "cassette.json"
    cassette.write_text(json.dumps([{"pieces": pieces} for pieces in answers]))
    return {
        "CALLS": str(tmp_path / "calls"),
        "PUERTO_PLUGINS_FOLDER": str(plugins),
        "PUERTO_CASSETTE": str(cassette),
        "PUERTO_LEASE_SECONDS": "600",  # no heartbeat is late; the lock tells who is dead
    }


@pytest.fixture
def calls(settings: dict[str, str]) -> Iterator[Path]:
    file = Path(settings["CALLS"])
    file.touch()
    yield file
    assert file.read_text().split() == ["called", "called"]


@pytest.mark.long
def test_workers_are_replaced_and_the_call_is_given_up(
    tmp_path: Path, settings: dict[str, str], calls: Path
) -> None:
    with RunningService(tmp_path, "--workers", "2", **settings) as service:
        token = service.user("ann")
        execute(service, token)
        answer = outcome(service, token, 2, calls)
        assert answer["error"]["code"] == "WORKER_LOST"
        assert "a worker ended with status 9; another starts in" in service.log
        named(service)


def test_a_single_process_that_is_started_again_gives_the_call_up(
    tmp_path: Path, settings: dict[str, str], calls: Path
) -> None:
    with RunningService(tmp_path, **settings) as service:
        token = service.user("ann")
        execute(service, token)
        assert service.wait(PATIENCE) == 9
        with suppress(AssertionError):  # it may end before it listens
            service.start()
        assert service.wait(PATIENCE) == 9
        service.start()
        assert outcome(service, token, 2, calls)["error"]["code"] == "WORKER_LOST"
        named(service)


def execute(service: RunningService, token: str) -> None:
    """Ask for the call; whoever asks hears nothing, since the process ends."""
    try:
        service.call("POST", "/api/chat", {"message": "Do it."}, token)
    except OSError:
        return


def outcome(service: RunningService, token: str, count: int, calls: Path) -> dict[str, Any]:
    """Return what came of the call, once the run has ended."""
    deadline = time.monotonic() + PATIENCE
    while True:
        assert time.monotonic() < deadline, service.log
        time.sleep(0.2)
        try:
            listed = service.call("GET", "/api/conversations", token=token)["conversations"]
            path = f"/api/chat/{listed[0]['id']}/history"
            *_, answer = service.call("GET", path, token=token)["messages"]
        except OSError:  # the worker that was asked has just ended
            continue
        if answer["role"] == "assistant" and len(calls.read_text().split()) == count:
            assert answer["content"] == "It does not work."
            (result,) = answer["results"]
            return dict(result)


def named(service: RunningService) -> None:
    (line,) = [line for line in service.log.splitlines() if "is not made again" in line]
    assert "the tool boom (plugin: boomer)" in line
    assert " ERROR " in line
