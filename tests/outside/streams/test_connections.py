"""Connections that somebody tries to hold for ever, and those of others beside them."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest

from tests.outside.raw import exchange, request, status_of
from tests.support.service import RunningService

PATIENCE = 60.0  # seconds, far above every bound of the service
TOTAL = 24
UPGRADE = [
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with RunningService(
        None,
        PUERTO_MAX_CONNECTIONS=str(TOTAL),
        PUERTO_MAX_ANONYMOUS_PER_ADDRESS="8",
        PUERTO_ANONYMOUS_SECONDS="5",
    ) as running:
        yield running
        assert "Traceback" not in running.log


@pytest.fixture(scope="module")
def token(service: RunningService) -> str:
    return service.user("guest")


def connect(service: RunningService) -> socket.socket:
    where = urlsplit(service.url)
    return socket.create_connection((where.hostname, where.port), PATIENCE)


def head(start: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([start, b"Host: x", *headers, b"", b""])


def until_closed(connection: socket.socket) -> bytes:
    """Return what comes until the server closes; fail if it does not."""
    answer = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(65536):
            answer += more
    return answer


def receive(connection: socket.socket, end: bytes) -> bytes:
    answer = b""
    while not answer.endswith(end):
        more = connection.recv(65536)
        assert more, answer
        answer += more
    return answer


@pytest.mark.parametrize(
    "opening",
    [
        head(b"GET /ws HTTP/1.1", *UPGRADE, b"Content-Length: 10"),
        head(b"GET /ws HTTP/1.1", *UPGRADE, b"Transfer-Encoding: chunked"),
        head(b"POST /ws HTTP/1.1", *UPGRADE),
        head(b"POST /ws HTTP/1.1", *UPGRADE, b"Content-Length: 10"),
        head(b"GET /ws HTTP/1.0", *UPGRADE),
    ],
)
def test_only_a_get_without_a_body_is_upgraded(service: RunningService, opening: bytes) -> None:
    with connect(service) as connection:
        connection.sendall(opening)
        assert status_of(until_closed(connection)) in {400, 405}


def test_another_upgrade_is_ignored_and_the_request_served(service: RunningService) -> None:
    with connect(service) as connection:
        connection.sendall(head(b"GET /health HTTP/1.1", b"Connection: Upgrade", b"Upgrade: h2c"))
        answer = until_closed(connection)
    assert status_of(answer) == 200
    assert answer.endswith(b'{"status":"healthy"}')


@pytest.mark.parametrize(
    ("opening", "status"),
    [
        (head(b"POST /api/chat HTTP/1.1", b"Content-Length: 1000"), 401),
        (head(b"POST /api/chat HTTP/1.1", b"Transfer-Encoding: chunked"), 401),
        (head(b"POST /nowhere HTTP/1.1", b"Content-Length: 1000"), 404),
        (head(b"POST /api/auth/login HTTP/1.1", b"Content-Length: 99999999"), 415),
        (head(b"GET /health HTTP/1.1", b"Content-Length: 1000"), 200),
    ],
)
def test_a_request_that_is_answered_early_is_not_waited_for(
    service: RunningService, opening: bytes, status: int
) -> None:
    with connect(service) as connection:
        connection.sendall(opening)
        answer = until_closed(connection)
    assert status_of(answer) == status
    assert b"\r\nconnection: close\r\n" in answer.lower()


def test_an_early_answer_reaches_who_is_still_sending(service: RunningService) -> None:
    body = b"x" * 100_000
    with connect(service) as connection:
        connection.sendall(head(b"POST /api/chat HTTP/1.1", b"Content-Length: 200000") + body)
        assert status_of(until_closed(connection)) == 401


def test_a_connection_goes_on_after_a_whole_request(service: RunningService) -> None:
    with connect(service) as connection:
        for _ in range(3):
            connection.sendall(head(b"POST /api/chat HTTP/1.1", b"Content-Length: 2") + b"{}")
            assert status_of(receive(connection, b"}}")) == 401


def test_requests_in_a_row_are_answered_though_the_next_is_still_coming(
    service: RunningService,
) -> None:
    with connect(service) as connection:
        connection.sendall(
            head(b"GET /health HTTP/1.1") + head(b"POST /api/chat HTTP/1.1", b"Content-Length: 9")
        )
        answer = until_closed(connection)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 401") == 1


def test_a_stream_to_a_client_of_http_1_0_ends_with_the_connection(
    service: RunningService, token: str
) -> None:
    body = b'{"message": "What is 17 * 23?", "stream": true}'
    with connect(service) as connection:
        connection.sendall(
            head(
                b"POST /api/chat HTTP/1.0",
                b"Authorization: Bearer " + token.encode(),
                b"Content-Type: application/json",
                b"Content-Length: %d" % len(body),
            )
            + body
        )
        fields, _, events = until_closed(connection).partition(b"\r\n\r\n")
    assert b"chunked" not in fields.lower()
    assert events.startswith(b"retry: "), events[:100]  # and not the size of a chunk
    assert b'"type":"done"' in events


def test_a_crowd_of_one_address_closes_its_own_and_keeps_nobody_out(
    service: RunningService, token: str
) -> None:
    with ExitStack() as stack:
        crowd = [stack.enter_context(connect(service)) for _ in range(8)]
        for connection in crowd:
            connection.sendall(head(b"POST /api/auth/login HTTP/1.1", b"Content-Length: 9"))
        for _ in range(3 * TOTAL):
            stack.enter_context(connect(service)).sendall(b"GET /ws HTTP/1.1\r\n")
        assert service.call("GET", "/api/live") == {"status": "alive"}
        assert service.call("GET", "/api/auth/me", token=token)["username"] == "guest@example.org"
        assert all(until_closed(connection)[:12] in {b"", b"HTTP/1.1 415"} for connection in crowd)


def test_nobody_stays_anonymous_for_long(service: RunningService) -> None:
    with connect(service) as connection, suppress(ConnectionError):
        answer = b"HTTP/1.1 200"
        while answer:  # however lively it is
            assert answer.startswith(b"HTTP/1.1 200")
            connection.sendall(head(b"GET /health HTTP/1.1"))
            answer = connection.recv(65536)
            while answer and not answer.endswith(b"}"):
                more = connection.recv(65536)
                answer = answer + more if more else b""


def test_when_all_places_are_taken_probes_are_answered(service: RunningService, token: str) -> None:
    known = b"Authorization: Bearer " + token.encode()
    with ExitStack() as stack:
        for _ in range(TOTAL):
            connection = stack.enter_context(connect(service))
            connection.sendall(head(b"GET /ws HTTP/1.1", *UPGRADE, known))
            assert b"101 Switching" in receive(connection, b'{"type":"ready"}')
        answer = exchange(service.url, request("GET", b"/api/auth/me", [known]))
        assert status_of(answer) == 503
        assert b'"code":"UNAVAILABLE"' in answer
        assert service.call("GET", "/api/live") == {"status": "alive"}
    assert "new ones are only let in for health probes" in service.log
