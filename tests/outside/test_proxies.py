"""The blocks for nginx and systemd that the page on operating has, as they stand there."""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from websockets.asyncio.client import connect

from tests.outside.clients import client, streamed, text_of
from tests.support.service import ROOT, RunningService

PAGE = ROOT / "docs" / "how-to" / "operate.md"
PATIENCE = 60.0
CONFIGURATION = """
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/1;
    proxy_temp_path {folder}/2;
    fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4;
    scgi_temp_path {folder}/5;
    {block}
}}
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        yield running


@pytest.fixture
def proxy(service: RunningService, tmp_path: Path) -> Iterator[str]:
    """The URL of nginx before the service."""
    with nginx_before(service, tmp_path) as url:
        yield url


@contextmanager
def nginx_before(service: RunningService, tmp_path: Path) -> Iterator[str]:
    """Run nginx before a service, which is beneath ``/puerto/`` there, too; yield its URL."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    whole, beneath = blocks("nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    block = whole.replace("server 127.0.0.1:8000;", f"server {urlsplit(service.url).netloc};")
    block = re.sub(r"^ *ssl_cert.*\n", "", block, flags=re.MULTILINE)
    block = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    block = block.replace("    location / {", f"{beneath}\n    location / {{")
    file = tmp_path / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=tmp_path, block=block))
    options = ["-p", str(tmp_path), "-c", str(file), "-e", str(tmp_path / "error.log")]
    process = subprocess.Popen([program, *options, "-g", "daemon off; master_process off;"])
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert process.poll() is None, (tmp_path / "error.log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def test_all_of_it_works_behind_nginx(service: RunningService, proxy: str) -> None:
    token = service.user("ann")
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
            again = await http.get(urljoin(url, made.headers["Location"]))
            assert again.json()["title"] == "Sums"


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


async def test_clients_are_limited_by_their_own_address(tmp_path: Path) -> None:
    limited = RunningService(None, TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_PER_MINUTE="2")
    with limited, nginx_before(limited, tmp_path) as url:
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
    (unit,) = (block for block in blocks("ini") if "[Service]" in block)
    file = tmp_path / "puerto.service"
    file.write_text(unit.replace("/opt/puerto/.venv/bin/puerto", "/bin/true"))
    told = subprocess.run(
        [program, "verify", "--man=no", file], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in told.stderr.splitlines() if "puerto.service" in line]
    assert about_ours == []
