"""``puerto plugin dev``: what is saved is read, what is called is shown."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from entrypoints.cli.plugin import dev
from entrypoints.cli.plugin.dev import Bench, _service, dev_settings
from entrypoints.cli.plugin.dev_console import DevConsole
from tests.plugins.packages import good

pytestmark = pytest.mark.one_engine

PATIENCE = 30.0


@pytest.fixture
async def workshop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[Path, Bench, DevConsole, httpx2.AsyncClient]]:
    """A file of a plugin, and the service that its author works with."""
    monkeypatch.setattr(dev, "_log_for_people", lambda: None)  # pytest looks after the log
    file = tmp_path / "greeter.py"
    file.write_text(good("greet"))
    async with _service(tmp_path / "data", 0) as (container, services, access):
        console = DevConsole(container, services)
        console.begin(access.url, access.token)
        bench = Bench(container, str(file))
        head = {"Authorization": f"Bearer {access.token}"}
        async with httpx2.AsyncClient(base_url=access.url, headers=head) as client:
            yield file, bench, console, client


async def greeting(client: httpx2.AsyncClient) -> Any:
    answer = await client.post("/api/tools/execute", json={"tool": "greet"})
    return answer.json()


async def shown(capsys: pytest.CaptureFixture[str], is_there: Callable[[str], bool]) -> str:
    """Return what was printed, once something is there: notices come after the answer."""
    text = ""
    async with asyncio.timeout(PATIENCE):
        while not is_there(text):
            await asyncio.sleep(0.01)
            text += capsys.readouterr().out
    return text


async def test_a_save_is_read_and_a_call_is_shown(
    workshop: tuple[Path, Bench, DevConsole, httpx2.AsyncClient],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, bench, console, client = workshop
    assert bench.has_changed()
    [info] = await bench.read()
    console.show_plugin(info)
    assert not bench.has_changed()
    assert (await greeting(client))["result"] == "hello"
    text = await shown(capsys, lambda text: "ms)" in text)
    assert "greeter: active, 1 tools" in text
    assert "read        greet" in text
    assert 'greet {}\n         -> "hello" (' in text

    file.write_text(good("greet", "changed"))
    assert bench.has_changed()
    [info] = await bench.read()
    assert (await greeting(client))["result"] == "changed"

    file.write_text("def broken(:")
    [info] = await bench.read()
    console.show_plugin(info)
    assert (await greeting(client))["result"] == "changed"
    text = await shown(capsys, lambda text: "SyntaxError" in text)
    assert "the version before is still in use" in text

    file.write_text(good("greet").replace('return "hello"', "raise ValueError('no luck')"))
    [info] = await bench.read()
    assert (await greeting(client))["error"]["code"] == "UPSTREAM_ERROR"
    text = await shown(capsys, lambda text: "TOOL_FAILED" in text)
    assert "TOOL_FAILED: greet failed: ValueError: no luck" in text


def test_browsers_come_back_to_this_service(tmp_path: Path) -> None:
    """They do after an account was connected, whatever address the real service has."""
    environment = {"API_HOST": "0.0.0.0", "API_PORT": "80"}
    settings = dev_settings(environment, tmp_path, 8700)
    assert settings.public_address == "http://127.0.0.1:8700"
