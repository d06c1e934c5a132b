"""Bad plugins, new plugins and switched plugins, seen from outside: two workers, one database."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside.workers import Worker, two_workers, until
from tests.plugins.packages import good, install

BLOCKS = '''
import time
from puerto import hookimpl, tool

@tool(effect="read")
async def nap() -> str:
    """Sleep where nobody may."""
    time.sleep(2.5)
    return "slept"

@tool(effect="read")
async def blink() -> str:
    """Sleep as one should."""
    return "blinked"

@hookimpl
def puerto_register(registry):
    registry.add_tools(nap, blink)
'''
BAD_SCHEMA = """
from types import SimpleNamespace
from puerto import Effect, ToolSpec, hookimpl

@hookimpl
def puerto_register(registry):
    spec = ToolSpec("odd", "Odd.", {"type": "array"}, Effect.READ)
    registry.add_tools(SimpleNamespace(spec=spec, check=None, run=None))
"""
PACKAGES = {
    "raises": "raise SystemExit('no')",
    "hangs": "import time\ntime.sleep(600)",
    "blocks": BLOCKS,
    "odd": BAD_SCHEMA,
    "greeter": good("greet"),
}
EXECUTE = "/api/tools/execute"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    for name, source in PACKAGES.items():
        install(folder, name, source)
    return folder


@pytest.fixture
def workers(database_url: str, packages: Path, tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    settings = {
        "PYTHONPATH": str(packages),
        "PUERTO_PLUGIN_SECONDS": "3",
        "PUERTO_BLOCKED_SECONDS": "1",
        "PUERTO_LEASE_SECONDS": "1",  # shorter than the loop is blocked
    }
    with two_workers(database_url, tmp_path, **settings) as both:
        yield both


@pytest.mark.long
@pytest.mark.one_engine  # that what is bad is set aside has nothing to do with the database
async def test_bad_plugins_leave_the_service_answering(
    workers: tuple[Worker, Worker], packages: Path
) -> None:
    one, two = workers
    reasons = {
        "raises": ("quarantined", "it cannot be imported: SystemExit: no"),
        "hangs": ("quarantined", "its import took longer than 3 seconds"),
        "odd": ("active", "refused: tool 'odd'"),
    }
    for worker in workers:
        plugins = worker.plugins()
        for name, (state, reason) in reasons.items():
            assert plugins[name]["state"] == state
            assert reason in plugins[name]["reason"]
        assert worker.execute("greet") == "hello"

    # A tool that blocks the loop: its call comes to an end, and there is no second one.
    run = asyncio.to_thread(one.call, "POST", EXECUTE, {"tool": "nap"})
    await asyncio.gather(run, return_exceptions=True)
    for worker in workers:
        until(worker.tools, lambda tools: tools["nap"] is False)
        reason = worker.plugins()["blocks"]["reason"]
        assert "tool 'nap' is quarantined: it blocked the event loop for " in reason
        assert "blocks_module.py:8" in reason
        assert worker.execute("blink") == "blinked"
        assert worker.service.call("GET", "/api/live") == {"status": "alive"}
    assert "tool nap blocks the event loop at " in one.service.log

    # What is switched on one worker is switched on the other.
    one.call("PATCH", "/api/tools/blink", {"enabled": False})
    until(two.tools, lambda tools: tools["blink"] is False)
    two.call("PATCH", "/api/plugins/greeter", {"enabled": False})
    until(one.plugins, lambda plugins: plugins["greeter"]["state"] == "disabled")

    # What is installed, mended or upgraded appears when it is asked for, on both.
    install(packages, "newcomer", good("welcome"))
    install(packages, "raises", good("raises"))
    one.call("POST", "/api/plugins/reload")
    assert one.execute("welcome") == "hello"
    until(two.tools, lambda tools: {"welcome", "raises"} <= tools.keys())
    install(packages, "newcomer", good("welcome", "welcome back"), version="2.0")
    two.call("POST", "/api/plugins/newcomer/reload")
    assert two.execute("welcome") == "welcome back"
    until(one.plugins, lambda plugins: plugins["newcomer"]["version"] == "2.0")
    assert one.execute("welcome") == "welcome back"
