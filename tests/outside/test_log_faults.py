"""For each failure that the guide for operators lists, the log alone says what is wrong, and where.

What is searched for is what the guide says to search for.
"""

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import asyncpg
import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.conftest import named as named_database
from tests.outside.workers import PATIENCE, until
from tests.support.log_lines import with_words
from tests.support.pages import ROOT
from tests.support.service import RunningService

PLUGINS: Final = Path(__file__).parent
SLOW: Final = {"PUERTO_GRACE_SECONDS": "0.1", "PUERTO_AUTONOMY": "full"}


def phrases(failure: str) -> list[str]:
    """Return what the guide says that the log has when this fails."""
    page = (ROOT / "docs" / "how-to" / "operate.md").read_text()
    (row,) = re.findall(rf"^\| {failure} \|(.*?)\|", page, re.MULTILINE)
    return re.findall(r"`([^`]+)`", row)


class Operator:
    """Sends requests under ids of its own, and reads the log."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.token = service.admin()

    def kept(self, request_id: str) -> list[str]:
        """Return the messages that the database has of a request, of all workers."""
        address = f"{self.service.url}/logs?request_id={request_id}"
        request = Request(address, headers={"Authorization": f"Bearer {self.token}"})
        with urlopen(request, timeout=PATIENCE) as response:
            return [entry["message"] for entry in json.load(response)]

    def send(self, request_id: str, path: str, body: dict[str, Any]) -> int:
        """Send a request and return the status of the answer."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "X-Request-ID": request_id,
        }
        request = Request(self.service.url + path, json.dumps(body).encode(), headers)
        try:
            with urlopen(request, timeout=PATIENCE) as response:
                return int(response.status)
        except HTTPError as error:
            return error.code

    def call(self, request_id: str, tool: str, **parameters: Any) -> int:
        """Call a tool."""
        body = {"tool": tool, "parameters": parameters}
        return self.send(request_id, "/api/tools/execute", body)

    def begin(self, request_id: str, seconds: float) -> threading.Thread:
        """Begin to call a tool that takes so long, whatever becomes of the answer."""

        def call() -> None:
            with suppress(OSError, HTTPException):
                self.call(request_id, "take_time", seconds=seconds)

        thread = threading.Thread(target=call)
        thread.start()
        return thread

    def line(self, *words: str) -> str:
        """Wait for the one line that holds these words, and return it."""
        (found,) = until(lambda: with_words(self.service.lines, *words))
        return found


def named(line: str, request_id: str) -> None:
    """See to it that a line names its request, its run, its user and its worker."""
    for field in (f" request={request_id} ", " run=", " user=admin", " worker="):
        assert field in f"{line} ", line


@pytest.fixture(scope="module")
def wire() -> Iterator[OpenAIWireServer]:
    with OpenAIWireServer() as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of plugins that holds the one with the faults."""
    made = tmp_path_factory.mktemp("plugins")
    (made / "faults.py").write_text((PLUGINS / "faults_plugin.py").read_text())
    return made


@pytest.fixture(scope="module")
def operator(wire: OpenAIWireServer, folder: Path) -> Iterator[Operator]:
    settings = {
        "OPENAI_BASE_URL": wire.base_url,
        "OPENAI_API_KEY": "sk-wire-secret",
        "PUERTO_PLUGINS_FOLDER": str(folder),
        "PUERTO_BLOCKED_SECONDS": "0.5",
    }
    with RunningService(None, **SLOW, **settings) as running:
        yield Operator(running)
        assert "sk-wire-secret" not in running.log


@pytest.mark.parametrize(
    ("failure", "model"), [("a bad key", "status-401"), ("a provider answers 500", "status-500")]
)
def test_a_provider_that_fails(operator: Operator, failure: str, model: str) -> None:
    *again, failed, reason = phrases(failure)
    body = {"message": "hello", "provider": "openai", "model": model}
    assert operator.send(model, "/api/chat", body) == 502
    line = operator.line(f"request={model} ", failed, reason)
    named(line, model)
    assert "provider: openai" in line
    for retrying in again:
        retries = with_words(operator.service.lines, f"request={model} ", retrying)
        assert retries
        for retry in retries:
            named(retry, model)


def test_a_tool_that_raises(operator: Operator) -> None:
    assert operator.call("raises", "raise_error") == 502
    traceback, logger, failed = phrases("a tool raises")
    named(
        operator.line("request=raises ", traceback, f"{logger}raise_error", "faults.py"), "raises"
    )
    named(operator.line("the tool raise_error of the plugin faults", failed), "raises")


def test_a_tool_without_memory(operator: Operator) -> None:
    assert operator.call("memory", "eat_memory") == 502
    (error,) = phrases("a tool runs out of memory")
    named(operator.line("request=memory ", error, "faults.py"), "memory")


def test_a_tool_that_hangs(operator: Operator) -> None:
    assert operator.call("hangs", "wait_for_ever") == 504
    (failed,) = phrases("a tool hangs")
    named(operator.line("the tool wait_for_ever of the plugin faults", failed), "hangs")


def test_a_tool_that_blocks_everybody(operator: Operator) -> None:
    operator.call("blocks", "block", seconds=1.5)
    line = operator.line("tool block blocks the event loop at ", "faults.py")
    run = line.partition(" run=")[2]
    assert run in operator.line("POST /api/tools/execute ", "request=blocks ")


def test_a_cassette_that_is_bad(tmp_path: Path) -> None:
    cassette = tmp_path / "tape.json"
    cassette.write_text('[{"pieces": [{"txt": "391"}]}]')
    service = RunningService(tmp_path, **SLOW, PUERTO_CASSETTE=str(cassette))
    with pytest.raises(AssertionError):
        service.start()
    assert service.wait() == 2
    *_, line = service.lines
    (phrase,) = phrases("a bad cassette")
    assert line.startswith(f"puerto: {phrase}")
    assert "tape.json is malformed: [0].pieces[0] has an unknown key 'txt'" in line


def test_a_disk_that_is_full(tmp_path: Path, folder: Path) -> None:
    with RunningService(tmp_path, **SLOW, PUERTO_PLUGINS_FOLDER=str(folder)) as service:
        operator = Operator(service)
        operator.call("full", "fill_disk")
        # Begun with little room left, a run could not end, and its request would wait for that.
        until(lambda: operator.send("little", "/api/conversations", {}) == 503)
        assert operator.send("more", "/api/chat", {"message": "x" * 100_000}) == 503
        operator.line(" ERROR ", phrases("the disk is full")[0])
        with pytest.raises(HTTPError, match="503"):
            service.call("GET", "/api/ready")
        until(lambda: bool(with_words(service.lines, "POST /api/chat 503 ", "request=more ")))
        assert not with_words(service.lines, "Traceback")


def test_a_worker_that_is_killed(tmp_path: Path, folder: Path) -> None:
    settings = {"PUERTO_PLUGINS_FOLDER": str(folder), "PUERTO_LEASE_SECONDS": "600"}
    with RunningService(tmp_path, "--workers", "2", **SLOW, **settings) as service:
        operator = Operator(service)
        with pytest.raises(OSError):  # the line breaks
            operator.call("killed", "kill_worker")
        ended, taken_up = phrases("a worker is killed")
        operator.line(" WARNING ", ended)
        named(operator.line(f"{taken_up}2"), "killed")
        until(lambda: [each for each in operator.kept("killed") if f"{taken_up}2" in each])


def test_a_lease_that_is_lost(tmp_path: Path, folder: Path) -> None:
    with RunningService(tmp_path, **SLOW, PUERTO_PLUGINS_FOLDER=str(folder)) as service:
        operator = Operator(service)
        calling = operator.begin("lost", 3.0)
        with closing(sqlite3.connect(tmp_path / "data" / "puerto.db", timeout=PATIENCE)) as file:
            until(lambda: _taken_over(file))
        named(operator.line(" WARNING ", phrases("a lease is lost")[0]), "lost")
        service.kill()  # the request would wait for whoever drives the run now: nobody
        calling.join()


def _taken_over(file: sqlite3.Connection) -> bool:
    """Do what another worker would: take the run that goes on; tell whether there was one."""
    with file:
        taken = file.execute("UPDATE runs SET attempt = attempt + 1 WHERE finished_at IS NULL")
    return taken.rowcount == 1


async def test_a_database_that_is_away(own_url: str, tmp_path: Path, folder: Path) -> None:
    if not own_url.startswith("postgresql"):
        pytest.skip("a file does not go away; one that is locked is tried beside the adapter")
    name = urlsplit(own_url).path.removeprefix("/")
    settings = {"DATABASE_URL": own_url, "PUERTO_PLUGINS_FOLDER": str(folder)}
    with RunningService(tmp_path, **SLOW, **settings) as service:
        operator = Operator(service)
        calling = operator.begin("away", 2.0)
        server = await asyncpg.connect(named_database(own_url, "postgres"))
        await asyncio.sleep(1)  # the call is at work, or finds no database: either is told
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        away, back = phrases("the database is away")
        await asyncio.to_thread(operator.line, " ERROR ", away)
        await asyncio.sleep(7)  # for all that looks at the database now and then to do so
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await server.close()
        await asyncio.to_thread(operator.line, " WARNING ", back)
        first, *rest = [line for line in service.lines if re.search(" (WARNING|ERROR) ", line)]
        assert "fsync = off" in first  # of the server that tests start, and told at the start
        assert len(rest) == 2, "\n".join(rest)
        calling.join()
