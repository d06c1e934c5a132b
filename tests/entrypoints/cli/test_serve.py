"""``puerto serve``, as processes."""

import json
import os
import signal
import socket
from contextlib import suppress

import httpx2
import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.sync.client import connect

from tests.entrypoints.cli.conftest import Cassette
from tests.entrypoints.cli.processes import Installation, eventually, is_alive, workers_of
from tests.support.log_lines import with_words

LONG = 600.0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_ends_it_with_a_stream_and_a_socket_open(
    installation: Installation, cassette: Cassette, workers: str
) -> None:
    installation.env |= {
        "PUERTO_CASSETTE": cassette([{"text": "One moment. "}, {"delay": LONG}, {"text": "Now."}]),
        "PUERTO_GRACE_SECONDS": "0.5",
    }
    with installation.serving("--workers", workers) as service:
        token = service.register()
        http = httpx2.Client(
            base_url=service.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        question = {"message": "When?", "stream": True}
        socket_url = service.url.replace("http", "ws") + "/ws"
        with (
            http,
            connect(socket_url, proxy=None) as ws,
            http.stream("POST", "/api/chat", json=question) as response,
        ):
            ws.send(json.dumps({"type": "auth", "token": token}))
            assert json.loads(ws.recv())["type"] == "ready"
            ws.send(json.dumps({"type": "chat", "message": "And when?"}))
            assert json.loads(ws.recv())["type"] == "run"
            events = (json.loads(event.data) for event in httpx2.EventSource(response))
            run = next(events)
            assert [run["type"], next(events)["type"]] == ["run", "chunk"]
            seen: list[str] = []
            service.process.signal(signal.SIGTERM)
            rest = list(events)
            with suppress(ConnectionClosedOK, ConnectionClosedError):
                while True:
                    seen.append(json.loads(ws.recv(timeout=60))["type"])
        status, _, errors = service.stop()
    assert status == 0
    assert "Traceback" not in errors
    assert "done" not in [*seen, *(event["type"] for event in rest)]  # handed over, not ended
    cassette([{"text": "Now."}])
    with installation.serving() as service, httpx2.Client(trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        with http.stream("GET", f"{service.url}/api/runs/{run['run_id']}/events") as response:
            events = (json.loads(event.data) for event in httpx2.EventSource(response))
            *_, message, done = list(events)
    assert (message["content"], done["status"]) == ("Now.", "completed")


def test_says_where_it_listens_and_the_password_once(installation: Installation) -> None:
    with installation.serving() as service:
        assert httpx2.get(f"{service.url}/health", trust_env=False).json()["status"] == "healthy"
        assert service.said.count("log in as admin with the password") == 1
        assert "(docs: /api/docs)" in service.said
        assert service.stop()[0] == 0
    with installation.serving() as service:
        assert "password" not in service.said
        service.process.signal(signal.SIGINT)
        assert service.process.wait() == 0


def test_logs_one_line_a_request_and_no_token(installation: Installation) -> None:
    with installation.serving() as service:
        token = service.register()
        answer = httpx2.get(
            f"{service.url}/api/auth/me",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert answer.status_code == 200
        _, _, log = service.stop()
    lines = [line for line in log.splitlines() if " puerto.access " in line]
    assert len(lines) == 2
    assert " INFO puerto.access GET /api/auth/me 200 " in lines[1]
    assert token not in log


def test_a_level_quiets_the_log(installation: Installation) -> None:
    installation.env["LOG_LEVEL"] = "warning"
    with installation.serving() as service:
        service.register()
        assert service.stop() == (0, "", "")


def test_workers_share_the_socket_and_are_replaced(installation: Installation) -> None:
    with installation.serving("--workers", "2") as service:
        token = service.register()
        headers = {"Authorization": f"Bearer {token}"}
        before = workers_of(service.process)
        assert len(before) == 2
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        eventually(
            lambda: (
                len(workers_of(service.process)) == 2 and victim not in workers_of(service.process)
            )
        )
        question = {"message": "What is 6 * 7?"}
        answer = httpx2.post(
            f"{service.url}/api/chat", json=question, headers=headers, timeout=60, trust_env=False
        )
        assert "42" in answer.json()["message"]
        status, said, log = service.stop()
        eventually(lambda: not any(map(is_alive, before)))
    assert status == 0
    assert (service.said + said).count("with the password") == 1
    assert (service.said + said).count("Puerto listens on") == 1
    assert "a worker ended with status -9" in log
    assert "Traceback" not in log


def test_workers_end_when_their_parent_is_gone(installation: Installation) -> None:
    with installation.serving("--workers", "2") as service:
        eventually(lambda: len(workers_of(service.process)) == 2)
        workers = workers_of(service.process)
        service.process.kill()
        eventually(lambda: not any(map(is_alive, workers)))


def test_a_port_in_use_is_told_in_one_line(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = installation.run("serve", "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == f"puerto: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


def test_a_wrong_setting_is_told_in_one_line(installation: Installation) -> None:
    installation.env["JWT_SECRET"] = "changeme"
    result = installation.run("serve")
    assert result.returncode == 2
    assert result.stderr.startswith("puerto: JWT_SECRET ")
    assert result.stderr.count("\n") == 1


def test_a_database_that_is_not_there_is_told_in_one_line(installation: Installation) -> None:
    installation.env["DATABASE_URL"] = f"sqlite://{installation.folder}/nowhere/puerto.db"
    result = installation.run("serve", "--port", "0")
    assert result.returncode == 1
    assert result.stderr.startswith("puerto: The database ")
    assert result.stderr.count("\n") == 1


def test_the_log_says_when_it_starts_and_when_it_stops(installation: Installation) -> None:
    installation.env["PINECONE_API_KEY"] = "pc-123456789"
    with installation.serving("--host", "0.0.0.0") as serving:
        status, _, log = serving.stop()
    assert status == 0
    lines = log.splitlines()
    (start,) = with_words(lines, " INFO puerto Puerto ", " starts: address http://0.0.0.0:")
    assert f"database sqlite://{installation.data}/puerto.db" in start
    assert "registration closed" in start
    assert with_words(lines, " WARNING ", "PUERTO_REGISTRATION=open")
    assert with_words(lines, " WARNING ", "PINECONE_API_KEY does nothing")
    assert with_words(lines, "Puerto is told to stop: 0 runs")
    assert with_words(lines, "Puerto has stopped")
    assert "pc-123456789" not in log


def test_a_provider_without_its_key_stops_the_start_of_several_workers(
    installation: Installation,
) -> None:
    installation.env["PUERTO_PROVIDER"] = "openai"
    result = installation.run("serve", "--port", "0", "--workers", "2")
    assert result.returncode == 2
    assert "PUERTO_PROVIDER cannot be used: " in result.stderr.splitlines()[-1]
