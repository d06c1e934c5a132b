"""WebSockets, for friends and for strangers."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.log_lines import with_words
from tests.support.service import RunningService


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService(None, CORS_ORIGINS="https://app.example") as running:
        yield running
        assert "Traceback" not in running.log


@pytest.fixture(scope="module")
def token(service: RunningService) -> str:
    return service.user("ann")


def address(service: RunningService, path: str = "/ws") -> str:
    return service.url.replace("http", "ws", 1) + path


async def frame(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(60):
        value: dict[str, Any] = json.loads(await socket.recv())
    return value


async def tell(socket: ClientConnection, **data: Any) -> None:
    await socket.send(json.dumps(data))


async def greet(socket: ClientConnection, token: str) -> None:
    await tell(socket, type="auth", token=token)
    assert (await frame(socket))["type"] == "ready"


async def answer(socket: ClientConnection) -> list[dict[str, Any]]:
    frames = [await frame(socket)]
    while frames[-1]["type"] != "done":
        frames.append(await frame(socket))
    return frames


async def test_a_conversation(service: RunningService, token: str) -> None:
    async with connect(address(service)) as socket:
        await greet(socket, token)
        await tell(socket, type="chat", message="What is 17 * 23?")
        frames = await answer(socket)
        kinds = [f["type"] for f in frames]
        assert kinds[0] == "run"
        assert kinds[-2:] == ["message", "done"]
        assert kinds.index("tool_call") < kinds.index("tool_result") < kinds.index("chunk")
        assert all(f["run_id"] == frames[0]["run_id"] and f["cursor"] for f in frames)
        text = "".join(f["content"] for f in frames if f["type"] == "chunk")
        assert text == frames[-2]["content"]
        assert "391" in text
        conversation = frames[0]["conversation_id"]
        again = {"message": "And multiply that by 2?", "conversation_id": conversation}
        await tell(socket, type="chat", **again)
        assert "782" in (await answer(socket))[-2]["content"]


async def test_a_run_is_resumed_from_a_cursor_on(service: RunningService, token: str) -> None:
    async with connect(address(service)) as socket:
        await greet(socket, token)
        await tell(socket, type="chat", message="What is 17 * 23?")
        frames = await answer(socket)
        for place in (0, len(frames) // 2, len(frames) - 2):
            seen = frames[place]
            await tell(socket, type="resume", run_id=seen["run_id"], after=seen["cursor"])
            assert await answer(socket) == frames[place + 1 :]
        await tell(socket, type="resume", run_id=frames[0]["run_id"])
        assert await answer(socket) == frames


async def test_several_runs_share_a_socket(service: RunningService, token: str) -> None:
    async with connect(address(service)) as socket:
        await greet(socket, token)
        for number in range(5):
            await tell(socket, type="chat", message=f"What is {number} + 1000?")
        texts: dict[str, str] = {}
        while len(texts) < 5:
            got = await frame(socket)
            if got["type"] == "message":
                texts[got["run_id"]] = got["content"]
        for sum_ in range(1000, 1005):
            assert any(str(sum_) in text for text in texts.values())


async def test_the_socket_of_one_conversation(service: RunningService, token: str) -> None:
    made = service.call("POST", "/api/conversations", {"title": "Sums"}, token)
    path = f"/ws/chat/{made['id']}"
    async with connect(address(service, f"{path}?token={token}")) as socket:
        assert (await frame(socket))["type"] == "ready"
        await tell(socket, type="chat", message="What is 17 * 23?")
        frames = await answer(socket)
        assert frames[0]["conversation_id"] == made["id"]
    header = {"Authorization": f"Bearer {token}"}
    async with connect(address(service, path), additional_headers=header) as socket:
        assert (await frame(socket))["type"] == "ready"
        await tell(socket, type="ping")
        assert (await frame(socket))["type"] == "pong"
    assert token not in service.log


BAD: list[str | bytes] = [
    "not json",
    "[]",
    "{}",
    '{"type": "dance"}',
    '{"type": "chat"}',
    '{"type": "chat", "message": 3}',
    '{"type": "chat", "message": "\\u0000"}',
    '{"type": "chat", "message": "\\ud800"}',
    '{"type": "chat", "message": "hi", "conversation_id": "nobody\'s"}',
    '{"type": "cancel", "run_id": "x"}',
    '{"type": "resume", "run_id": "01900000-0000-7000-8000-000000000000"}',
    '{"type": "consent", "consent_request_id": "x", "approved": true}',
    "[" * 100_000,
    "",
    b"",
    b"\xff\xfe",
]


async def test_bad_frames_get_an_error_frame_and_the_socket_stays(
    service: RunningService, token: str
) -> None:
    async with connect(address(service)) as socket:
        await greet(socket, token)
        for bad in BAD:
            await socket.send(bad)
            got = await frame(socket)
            assert got["type"] == "error", bad
            assert got["error"]["code"] in {"INVALID_REQUEST", "NOT_FOUND"}, bad
        await tell(socket, type="ping")
        assert await frame(socket) == {"type": "pong"}


async def test_a_second_message_in_a_busy_conversation(service: RunningService, token: str) -> None:
    made = service.call("POST", "/api/conversations", {"title": "Busy"}, token)
    async with connect(address(service)) as socket:
        await greet(socket, token)
        chat = {"type": "chat", "message": "What is 2 + 2?", "conversation_id": made["id"]}
        for _ in range(2):
            await tell(socket, **chat)
        kinds: list[str] = []
        while kinds.count("done") + kinds.count("error") < 2:
            kinds.append((await frame(socket))["type"])
        assert kinds.count("done") >= 1  # the second one may have come when the first had ended


async def test_nothing_is_done_before_auth(service: RunningService) -> None:
    async with connect(address(service)) as socket:
        await tell(socket, type="chat", message="hi")
        assert (await frame(socket))["error"]["code"] == "UNAUTHORIZED"
        await tell(socket, type="auth", token="forged")
        assert (await frame(socket))["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.long
async def test_who_says_nothing_is_sent_away(service: RunningService) -> None:
    async with connect(address(service)) as socket:
        assert (await frame(socket))["error"]["code"] == "UNAUTHORIZED"
        with pytest.raises(ConnectionClosed) as closed:
            await frame(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


async def test_a_bad_token_in_the_address_is_refused_before_the_socket_opens(
    service: RunningService,
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(service, "/ws/chat/x?token=forged")):
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("https://app.example", None), (None, None)],
)
async def test_origins(service: RunningService, origin: str | None, status: int | None) -> None:
    header = {"Origin": origin} if origin is not None else {}
    if status is None:
        async with connect(address(service), additional_headers=header):
            return
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(service), additional_headers=header):
            pass
    assert refused.value.response.status_code == status


async def exchange(socket: ClientConnection, text: str) -> None:
    await socket.send(text)
    await frame(socket)


async def test_a_huge_frame_closes_the_socket(service: RunningService, token: str) -> None:
    async with connect(address(service)) as socket:
        await greet(socket, token)
        with pytest.raises(ConnectionClosed) as closed:  # while it is sent, or afterwards
            await exchange(socket, "x" * (2 * 1024 * 1024))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def flood(socket: ClientConnection, codes: set[str]) -> None:
    for _ in range(5000):
        await tell(socket, type="ping")
    while True:
        got = await frame(socket)
        codes.add(got.get("error", {}).get("code", "pong"))


async def test_a_flood_is_refused_and_then_sent_away() -> None:
    with RunningService(None, RATE_LIMIT_PER_MINUTE="60") as service:
        async with connect(address(service), max_queue=None) as socket:
            await greet(socket, service.user("ann"))
            codes: set[str] = set()
            with pytest.raises(ConnectionClosed):
                await flood(socket, codes)
            assert codes <= {"pong", "RATE_LIMITED"}
        assert service.call("GET", "/health") == {"status": "healthy"}


async def test_the_log_has_a_sockets_life_under_one_request_id(
    service: RunningService, token: str
) -> None:
    async def line(words: str) -> str:
        async with asyncio.timeout(60):
            while not (found := with_words(service.lines, words, "request=socket-7")):
                await asyncio.sleep(0.02)
        assert len(found) == 1
        return found[0]

    headers = {"X-Request-ID": "socket-7", "Authorization": f"Bearer {token}"}
    async with connect(address(service), additional_headers=headers) as socket:
        assert (await frame(socket))["type"] == "ready"
        await tell(socket, type="chat", message="What is 17 * 23?")
        await answer(socket)
    for words in (
        "WEBSOCKET /ws opened",
        "the run ended: completed",
        "WEBSOCKET /ws closed after ",
    ):
        assert " user=ann@example.org" in await line(words)
    headers["Authorization"] = "Bearer forged-token"
    with pytest.raises(InvalidStatus) as raised:
        await connect(address(service), additional_headers=headers)
    assert json.loads(raised.value.response.body)["error"]["request_id"] == "socket-7"
    assert "forged-token" not in await line("WEBSOCKET /ws refused: ")
