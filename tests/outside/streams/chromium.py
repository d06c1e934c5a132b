"""Headless Chromium, driven over its DevTools protocol (chromedevtools.github.io)."""

import asyncio
import itertools
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
from websockets.asyncio.client import ClientConnection, connect

PATIENCE: Final = 60.0

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",  # it is run as root where CI runs
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
)


def executable() -> str | None:
    """Return the path of a Chromium, if one is installed."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Page:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come meanwhile are let go."""
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(PATIENCE):
            while (answer := json.loads(await self._socket.recv())).get("id") != number:
                pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript comes to, as JSON."""
        result = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Return what the expression comes to, once that is true."""
        async with asyncio.timeout(PATIENCE):
            while not (found := await self.value(expression)):
                await asyncio.sleep(0.02)
        return found

    async def go(self, address: str) -> None:
        """Load a page, and wait for its form."""
        await self.command("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && document.forms.length")

    async def reload(self) -> None:
        """Press F5: the page that was there is gone, with all that it knew."""
        await self.value("window.isOld = true")
        await self.command("Page.reload")
        await self.until("!window.isOld && document.readyState === 'complete'")


class Browser:
    """A running Chromium; each tab is given scripts to run before those of its pages."""

    def __init__(self, address: str) -> None:
        self._address = address

    @asynccontextmanager
    async def page(self, *scripts: str) -> AsyncIterator[Page]:
        """Open a tab, and close it."""
        async with httpx2.AsyncClient(base_url=self._address, timeout=PATIENCE) as http:
            target = (await http.put("/json/new?about:blank")).json()
            async with connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
                page = Page(socket)
                await page.command("Page.enable")
                for script in scripts:
                    await page.command("Page.addScriptToEvaluateOnNewDocument", source=script)
                yield page
            await http.get(f"/json/close/{target['id']}")


@asynccontextmanager
async def running_browser(folder: Path) -> AsyncIterator[Browser]:
    """Start Chromium with a profile in this folder, and end it."""
    program = executable()
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program,
        *_OPTIONS,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
        start_new_session=True,
    )
    try:
        port = folder / "DevToolsActivePort"
        async with asyncio.timeout(PATIENCE):
            while not (port.exists() and port.read_text().count("\n")):
                assert process.returncode is None, "Chromium does not start"
                await asyncio.sleep(0.05)
        yield Browser(f"http://127.0.0.1:{port.read_text().splitlines()[0]}")
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)  # and its helpers: the group is its own
        await process.wait()
