"""Proxies before the service, by the blocks of their page; and the unit for systemd."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.outside.clients import client, events_of, streamed, text_of
from tests.support.proxies import Proxy, caddy, nginx
from tests.support.service import ROOT, RunningService

PAGE = ROOT / "docs" / "how-to" / "operate.md"
PATIENCE = 60.0
BEHIND = pytest.mark.parametrize("before", [nginx, caddy], ids=["nginx", "caddy"])


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService(None, PUERTO_PUBLIC_URL="https://agent.example.com/puerto") as running:
        yield running


@pytest.fixture
def proxy(service: RunningService, tmp_path: Path, before: Proxy) -> Iterator[str]:
    """The URL of a proxy before the service."""
    with before(service, tmp_path) as url:
        yield url


@BEHIND
async def test_all_of_it_works_behind_a_proxy(service: RunningService, proxy: str) -> None:
    token = service.user(f"ann{proxy[-5:]}")
    for url in (proxy, f"{proxy}/puerto"):
        events = await streamed(url, token, "What is 17 * 23?")
        assert "391" in text_of(events)
        socket_url = url.replace("http", "ws", 1) + "/ws"
        async with asyncio.timeout(PATIENCE), connect(socket_url) as opened:
            await opened.send(json.dumps({"type": "auth", "token": token}))
            assert json.loads(await opened.recv()) == {"type": "ready"}
        async with client(url, token) as http:
            made = await http.post(f"{url}/api/conversations", json={"title": "Sums"})
            assert made.status_code == 201
            assert made.headers["Location"].startswith("/puerto/api/conversations/")
            again = await http.get(urljoin(url, made.headers["Location"]))
            assert again.json()["title"] == "Sums"


@BEHIND
async def test_each_piece_arrives_before_the_next_is_sent(tmp_path: Path, before: Proxy) -> None:
    cassette = tmp_path / "cassette.json"
    cassette.write_text(json.dumps([{"pieces": [{"text": "One"}, {"delay": 600}]}]))
    with RunningService(tmp_path, PUERTO_CASSETTE=str(cassette)) as hesitating:
        token = hesitating.user("ann")
        with before(hesitating, tmp_path) as url:
            body = {"message": "Count.", "stream": True, "on_disconnect": "cancel"}
            async with (
                asyncio.timeout(PATIENCE),
                client(url, token) as http,
                http.stream("POST", "/api/chat", json=body) as response,
            ):
                heard = [event async for event in until_chunk(events_of(response))]
                assert heard[-1]["content"] == "One"


async def until_chunk(events: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    async for event in events:
        yield event
        if event["type"] == "chunk":
            return


@BEHIND
async def test_a_large_document_passes(service: RunningService, proxy: str) -> None:
    async with client(proxy, service.admin()) as http:
        headers = {"Content-Type": "application/json"}
        body = b" " * (16 * 1024 * 1024) + b"not JSON"
        refused = await http.post("/api/learned-apis", content=body, headers=headers)
        assert refused.status_code == 400  # by Puerto, which has read it
        assert refused.json()["error"]["code"] == "INVALID_REQUEST"


@BEHIND
@pytest.mark.parametrize("page", ["docs", "redoc"])
async def test_the_documentation_works_beneath_a_path(proxy: str, page: str) -> None:
    async with httpx2.AsyncClient(follow_redirects=True, timeout=PATIENCE) as http:
        found = await http.get(f"{proxy}/puerto/{page}")
        assert str(found.url) == f"{proxy}/puerto/api/{page}"
        parts = re.findall(r'(?:src|href|data-url|spec-url)="([^"]+)"', found.text)
        for part in parts:
            address = urljoin(str(found.url), part)
            assert address.startswith(f"{proxy}/puerto/")
            assert (await http.get(address)).status_code == 200
        document: dict[str, Any] = (await http.get(f"{proxy}/puerto/openapi.json")).json()
        (server,) = document["servers"]
        health = urljoin(f"{proxy}/puerto/openapi.json", server["url"]) + "/api/live"
        assert (await http.get(health)).status_code == 200


@BEHIND
async def test_clients_are_limited_by_their_own_address(tmp_path: Path, before: Proxy) -> None:
    limited = RunningService(None, TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_PER_MINUTE="2")
    with limited, before(limited, tmp_path) as url:
        forged = {"X-Forwarded-For": "192.0.2.1"}
        answers = [
            await status_from(client_address, url, headers)
            for client_address, headers in (
                ("127.0.0.8", {}),
                ("127.0.0.8", forged),
                ("127.0.0.8", forged | {"Forwarded": "for=192.0.2.2"}),  # counted as the proxy
                ("127.0.0.8", {"X-Forwarded-For": "192.0.2.3, 127.0.0.1"}),
                ("127.0.0.9", {}),
            )
        ]
        assert answers == [404, 404, 404, 429, 404]


async def status_from(client_address: str, url: str, headers: dict[str, str]) -> int:
    """Return the status of a request that comes from an address of this machine."""
    transport = httpx2.AsyncHTTPTransport(local_address=client_address)
    async with httpx2.AsyncClient(transport=transport, timeout=PATIENCE) as http:
        return (await http.get(f"{url}/nothing", headers=headers)).status_code


def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    blocks = re.findall(r"^```ini\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    (unit,) = (block for block in blocks if "[Service]" in block)
    file = tmp_path / "puerto.service"
    file.write_text(unit.replace("/opt/puerto/.venv/bin/puerto", "/bin/true"))
    told = subprocess.run(
        [program, "verify", "--man=no", file], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in told.stderr.splitlines() if "puerto.service" in line]
    assert about_ours == []
