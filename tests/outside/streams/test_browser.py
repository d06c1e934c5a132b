"""The page of the documentation in a real browser: it is loaded again whenever it pleases."""

import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.outside.streams.chromium import Browser, Page, executable, running_browser
from tests.support.pages import ROOT, blocks_of
from tests.support.service import RunningService
from tests.support.web_server import Reply, WebServer

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        executable() is None, reason="Chromium is not installed: apt-get install chromium"
    ),
]

DOCUMENT = ROOT / "docs" / "how-to" / "use-from-a-browser.md"
ADDRESS = "http://127.0.0.1:8000"
LINES = "[...document.querySelectorAll('#said li')].map((line) => line.textContent)"
KEPT = "JSON.stringify([location.hash, Object.keys(sessionStorage), Object.keys(localStorage)])"

Start = Callable[..., RunningService]


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a service that lets pages of an origin in."""
    with ExitStack() as stack:

        def begin(origin: str, port: int = 0, **settings: str) -> RunningService:
            settings |= {"DATABASE_URL": database_url, "CORS_ORIGINS": origin}
            service = RunningService(tmp_path, "--port", str(port), **settings)
            stack.enter_context(service)
            stack.callback(lambda: _check(service.log))
            return service

        yield begin


def _check(log: str) -> None:
    assert "Traceback" not in log
    assert "ticket=" not in log


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    folder = tmp_path / "profile"
    folder.mkdir()
    async with running_browser(folder) as started:
        yield started


@pytest.fixture
async def pages() -> AsyncIterator[WebServer]:
    """A server of another origin, which has the page of the documentation."""
    async with WebServer() as server:
        yield server


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def served(pages: WebServer, service: RunningService) -> str:
    """Let the page call that service, and return its address."""
    (page,) = [block.text for block in blocks_of(DOCUMENT) if block.language == "html"]
    assert ADDRESS in page
    body = page.replace(ADDRESS, service.url).encode()
    pages.reply = lambda _: Reply(200, {"Content-Type": "text/html; charset=utf-8"}, body)
    return f"{pages.url}/chat.html"


@asynccontextmanager
async def tab(browser: Browser, address: str, token: str) -> AsyncIterator[Page]:
    """Open the page in a tab of somebody who is logged in."""
    async with browser.page(f"sessionStorage.token ??= {json.dumps(token)}") as page:
        await page.go(address)
        yield page


async def say(page: Page, message: str) -> None:
    await page.value(
        f"document.forms[0].message.value = {json.dumps(message)};"
        "document.forms[0].requestSubmit(); undefined"
    )


async def conversation_of(page: Page) -> str:
    """Return the conversation's id, which is all that the page keeps but the token."""
    hashed, in_session, stored = json.loads(await page.value(KEPT))
    assert (in_session, stored) == (["token"], [])
    return str(hashed[1:])


def messages(service: RunningService, token: str, conversation: str) -> list[dict[str, Any]]:
    answer = service.call("GET", f"/api/conversations/{conversation}", None, token)
    found: list[dict[str, Any]] = answer["messages"]
    return found


async def test_f5_in_the_middle_of_an_answer(
    start: Start, browser: Browser, pages: WebServer
) -> None:
    words = "word " * 400
    with OpenAIWireServer() as wire:
        model = "pieces:400:0.05"  # twenty seconds
        service = start(pages.url, OPENAI_BASE_URL=wire.base_url, OPENAI_MODEL=model)
        token = service.user("ann")
        async with tab(browser, served(pages, service), token) as page:
            await say(page, "talk")
            for pieces in (3, 20, 40):
                told = await page.until(f"{LINES}[1]?.length > {pieces * 5} && {LINES}[1]")
                assert words.startswith(told)
                assert told != words
                conversation = await conversation_of(page)
                assert len(messages(service, token, conversation)) == 1  # no answer is stored yet
                await page.reload()
            whole = await page.until(f"{LINES}[1]?.length >= {len(words)} && {LINES}")
            assert whole == ["talk", words]
            question, answer = messages(service, token, conversation)
            assert [question["content"], answer["content"]] == whole
            assert answer["status"] == "completed"
            await page.reload()
            assert await page.until(f"{LINES}.length && {LINES}") == whole


async def test_f5_while_a_person_is_asked(start: Start, browser: Browser, pages: WebServer) -> None:
    service = start(pages.url, PUERTO_AUTONOMY="manual")
    token = service.user("ann")
    async with tab(browser, served(pages, service), token) as page:
        await say(page, "What is 17 * 23?")
        asked = await page.until("document.querySelector('#asked li')?.textContent")
        assert "calculator" in asked
        await page.reload()
        assert await page.until("document.querySelector('#asked li')?.textContent") == asked
        assert await page.value("document.querySelectorAll('#asked li').length") == 1
        await page.value("document.querySelector('#asked button').click()")
        lines = await page.until(f"{LINES}[1]?.includes('391') && {LINES}")
        assert lines[0] == "What is 17 * 23?"
        await page.until("!document.querySelector('#asked li')")
        conversation = await conversation_of(page)
        await page.reload()
        await page.until(f"{LINES}[1]?.includes('391')")
        assert [one["status"] for one in messages(service, token, conversation)] == [
            None,
            "completed",
        ]
        assert await page.value("document.querySelectorAll('#asked li').length") == 0


async def test_what_another_tab_says_is_heard_and_the_line_may_drop(
    start: Start, browser: Browser, pages: WebServer
) -> None:
    service = start(pages.url, port=free_port())
    token = service.user("ann")
    address = served(pages, service)
    async with tab(browser, address, token) as one:
        await say(one, "What is 17 * 23?")
        await one.until(f"{LINES}[1]?.includes('391')")
        conversation = await conversation_of(one)
        async with tab(browser, f"{address}#{conversation}", token) as two:
            await two.until(f"{LINES}[1]?.includes('391')")
            await say(two, "And multiply that by 2?")
            heard = await one.until(f"{LINES}[3]?.includes('782') && {LINES}")
            assert heard[2] == "And multiply that by 2?"
            assert await two.until(f"{LINES}[3]?.includes('782') && {LINES}") == heard
            service.restart()  # on the same port: both lines drop, and their tickets are spent
            await say(one, "And add 1?")
            for page in (one, two):
                assert await page.until(f"{LINES}[5]?.includes('783') && {LINES}[4]")


async def test_a_socket_of_a_page_is_opened_with_a_ticket(
    start: Start, browser: Browser, pages: WebServer
) -> None:
    service = start(pages.url)
    token = service.user("ann")
    ticket = service.call("POST", "/api/auth/ticket", {"path": "/ws"}, token)["ticket"]
    address = f"{service.url.replace('http', 'ws', 1)}/ws?ticket={ticket}"
    opening = (
        "new Promise((told) => {"
        f"const socket = new WebSocket({json.dumps(address)});"
        "socket.onmessage = ({ data }) => told(data); socket.onerror = () => told('refused'); })"
    )
    async with tab(browser, served(pages, service), token) as page:
        assert json.loads(await page.value(opening)) == {"type": "ready"}
        assert await page.value(opening) == "refused"
