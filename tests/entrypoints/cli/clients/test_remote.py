"""``ask`` and ``chat`` with a service at an address, over lines that hold and lines that do not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.shared.errors import Unavailable
from entrypoints.cli.clients.client import Json
from entrypoints.cli.clients.remote import Refused, remote
from tests.entrypoints.cli.conftest import Command
from tests.entrypoints.cli.processes import Installation, Serving

QUESTION = "What is 17 * 23?"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with Installation(Path(tmp_path_factory.mktemp("service"))).serving() as serving:
        yield serving


@pytest.fixture(scope="module")
def token(service: Serving) -> str:
    return service.register()


def test_ask_with_a_token(puerto: Command, service: Serving, token: str) -> None:
    result = puerto("ask", QUESTION, "--url", service.url, "--token", token)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "17 * 23 = 391\n", "")


def test_ask_with_a_password(puerto: Command, service: Serving, token: str) -> None:
    options = ("--url", service.url, "--login", "ada@example.com")
    result = puerto("ask", QUESTION, *options, given="a good password\n")
    assert result.exit_code == 0
    assert result.stdout.endswith("17 * 23 = 391\n")
    assert "a good password" not in result.output
    refused = puerto("ask", QUESTION, *options, given="a bad password\n")
    assert refused.exit_code == 1
    assert "wrong" in refused.stderr.splitlines()[-1]


def test_chat(puerto: Command, service: Serving, token: str) -> None:
    lines = f"{QUESTION}\nAnd multiply that by 2?\n"
    result = puerto("chat", "--url", service.url, "--token", token, given=lines)
    assert result.exit_code == 0
    assert "391 * 2 = 782" in result.stdout


def test_a_consent_is_given_over_the_line(
    puerto: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asking = Installation(Path(tmp_path_factory.mktemp("asking")), PUERTO_AUTONOMY="manual")
    with asking.serving() as service:
        options = ("--url", service.url, "--token", service.register())
        result = puerto("chat", *options, given=f"{QUESTION}\ny\n")
        assert result.exit_code == 0
        assert "17 * 23 = 391" in result.stdout
        waiting = puerto("ask", QUESTION, *options)
        assert (waiting.exit_code, waiting.stdout) == (3, "")


def test_a_bad_token_and_a_bad_address_are_one_line(puerto: Command, service: Serving) -> None:
    for url in (service.url, "http://127.0.0.1:1", "http://["):
        result = puerto("ask", QUESTION, "--url", url, "--token", "forged")
        assert result.exit_code == 1
        assert result.stderr.startswith("puerto: ")
        assert result.stderr.count("\n") == 1


async def test_a_line_that_is_cut_loses_and_doubles_nothing(service: Serving, token: str) -> None:
    whole = await _events(service.url, token)
    for length in (700, 900, 1200):
        async with _relay(service.url, cut_after=length) as url:
            events = await _events(url, token)
        assert [_unnamed(event) for event in events] == [_unnamed(event) for event in whole]


async def test_a_line_that_is_cut_before_anything_came(service: Serving, token: str) -> None:
    async with _relay(service.url, cut_after=0) as url:
        with pytest.raises(Unavailable):
            await _events(url, token)


async def test_cancels(service: Serving, token: str) -> None:
    async with remote(service.url, token) as client:
        events = [event async for event in client.ask(QUESTION, None)]
        await client.cancel(events[0]["run_id"])  # it has ended: that is no error
        with pytest.raises(Refused):
            await client.cancel("nothing")


async def _events(url: str, token: str) -> list[Json]:
    async with remote(url, token) as client:
        return [event async for event in client.ask(QUESTION, None)]


def _unnamed(event: Json) -> Json:
    """Return the event without the ids, which differ from run to run."""
    return {key: value for key, value in event.items() if key != "id" and not key.endswith("_id")}


@asynccontextmanager
async def _relay(url: str, cut_after: int) -> AsyncIterator[str]:
    """Yield the address of a relay whose first connection breaks after so many bytes."""
    host, port = url.removeprefix("http://").split(":")
    bounds = iter([cut_after])
    handling: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, left: float) -> None:
        while left > 0 and (data := await source.read(min(65536, int(min(left, 65536))))):
            sink.write(data)
            await sink.drain()
            left -= len(data)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handling.add(task)
        bound = next(bounds, float("inf"))
        upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
        sending = asyncio.create_task(pump(reader, upstream_writer, float("inf")))
        try:
            await pump(upstream_reader, writer, bound)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            for end in (writer, upstream_writer):
                end.transport.abort()
                await asyncio.gather(end.wait_closed(), return_exceptions=True)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in handling:
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)
