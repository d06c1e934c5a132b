"""nginx and Caddy in front of a service, configured by the blocks of the page on proxies."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.support.ports import await_listening, free_port
from tests.support.service import ROOT, RunningService

PAGE: Final = ROOT / "docs" / "how-to" / "behind-a-proxy.md"
STOP_SECONDS: Final = 60.0

_NGINX: Final = """
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
_CADDY: Final = """{{
    admin off
    auto_https off
    storage file_system {folder}
}}
{block}"""


@contextmanager
def nginx(service: RunningService, folder: Path) -> Iterator[str]:
    """Run nginx before a service, which is beneath ``/puerto/`` there, too; yield its URL."""
    program = _program("nginx")
    whole, beneath = _blocks("nginx")
    port = free_port()
    block = re.sub(r"^ *ssl_cert.*\n", "", whole, flags=re.MULTILINE)
    for documented, real in (
        ("server 127.0.0.1:8000;", f"server {urlsplit(service.url).netloc};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        ("    location / {", f"{beneath}\n    location / {{"),
    ):
        assert documented in block
        block = block.replace(documented, real)
    file = folder / "nginx.conf"
    file.write_text(_NGINX.format(folder=folder, block=block))
    options = ["-p", folder, "-c", file, "-e", folder / "error.log"]
    command = [program, *map(str, options), "-g", "daemon off; master_process off;"]
    with _running(command, port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def caddy(service: RunningService, folder: Path) -> Iterator[str]:
    """Run Caddy before a service, which is beneath ``/puerto/`` there, too; yield its URL."""
    program = _program("caddy")
    whole, beneath = _blocks("caddyfile")
    port = free_port()
    first = "agent.example.com {\n"
    assert whole.startswith(first)
    block = f"http://127.0.0.1:{port} {{\n{beneath}{whole.removeprefix(first)}"
    block = block.replace("127.0.0.1:8000", urlsplit(service.url).netloc)
    file = folder / "Caddyfile"
    file.write_text(_CADDY.format(folder=folder, block=block))
    command = [program, "run", "--config", str(file), "--adapter", "caddyfile"]
    with _running(command, port):
        yield f"http://127.0.0.1:{port}"


Proxy = Callable[[RunningService, Path], AbstractContextManager[str]]


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: .ci/programs does it")
    return found


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await_listening(port, process)
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
