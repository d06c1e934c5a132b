"""Learning, using and refreshing an API while people chat, on two workers over one database."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.pets import DOCUMENT, KEY, PetShop, without
from tests.service import RunningService
from tests.web_server import WebServer, serving

APIS = "/api/learned-apis"
PATIENCE = 60.0


class Worker:
    """One service, and an administrator's line to it."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.service, self._token = service, token

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return self.service.call(method, path, body, self._token)

    def execute(self, tool: str, **parameters: Any) -> Any:
        body = {"tool": tool, "parameters": parameters}
        return self.call("POST", "/api/tools/execute", body)["result"]

    def tools(self) -> set[str]:
        return {tool["name"] for tool in self.call("GET", "/api/tools")["tools"]}

    def said(self, message: str) -> dict[str, Any]:
        return self.call("POST", "/api/chat", {"message": message})


@pytest.fixture
def shop() -> Iterator[WebServer]:
    with serving(PetShop()) as server:
        yield server


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    settings = {
        "DATABASE_URL": database_url,
        "JWT_SECRET": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": secrets.token_urlsafe(48),
        "PUERTO_OPEN_HOSTS": "127.0.0.1",
        "PUERTO_AUTONOMY": "full",
    }
    with ExitStack() as stack:
        services = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            services.append(stack.enter_context(RunningService(tmp_path / name, **settings)))
        body = {"username": "admin", "password": services[0].password}
        token = services[0].call("POST", "/api/auth/login", body)["access_token"]
        yield Worker(services[0], token), Worker(services[1], token)


@contextmanager
def chats(*workers: Worker) -> Iterator[list[str]]:
    """Chat with every worker all the time; yield the answers, and raise what went wrong."""
    answers, wrong, over = list[str](), list[Exception](), threading.Event()

    def talk(worker: Worker) -> None:
        while not over.is_set():
            try:
                answers.append(worker.said("What is 17 * 23?")["message"])
            except Exception as error:  # noqa: BLE001  raised below
                wrong.append(error)
                return

    threads = [threading.Thread(target=talk, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def until(what: Any, is_so: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so(found := what()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_an_api_is_learned_used_and_refreshed_while_people_chat(
    workers: tuple[Worker, Worker], shop: WebServer
) -> None:
    one, two = workers
    assert isinstance(shop.reply, PetShop)
    with chats(one, two) as answers:
        body = {"source": f"{shop.url}/openapi.json", "auth": {"credentials": {"key": KEY}}}
        api = one.call("POST", APIS, body)
        path = f"{APIS}/{api['id']}"
        assert one.execute("listPets")["target"] == "/pets"
        until(two.tools, lambda tools: "listPets" in tools)
        assert two.execute("listPets", kind="cat") == {"target": "/pets?kind=cat", "key": "***"}
        told = two.said("Opening hours: say when the shop is open.")
        assert [call["tool"] for call in told["tool_calls"]] == ["openingHours"]

        # What breaks nothing is there at once; what breaks something waits.
        document = without("GET /hours")
        document["paths"]["/birds"] = {"get": {"operationId": "listBirds"}}
        shop.reply.document = json.dumps(document).encode()
        assert two.call("POST", f"{path}/refresh")["status"] == "waiting"
        assert two.execute("listBirds")["target"] == "/birds"
        until(one.tools, lambda tools: "listBirds" in tools)
        assert one.execute("openingHours") == {"hours": "9 to 5"}
        one.call("POST", f"{path}/accept")
        until(two.tools, lambda tools: "openingHours" not in tools)

        # A broken new version leaves the old one working, and says why.
        shop.reply.document = b"<html>"
        with pytest.raises(HTTPError, match="422"):
            one.call("POST", f"{path}/refresh")
        assert "document" in two.call("GET", path)["problem"]
        assert one.execute("listPets")["target"] == "/pets"
        assert two.execute("listPets")["target"] == "/pets"

        shop.reply.document = json.dumps(DOCUMENT).encode()
        two.call("PUT", path, {"overrides": {"listPets": {"name": "all_pets"}}})
        until(one.tools, lambda tools: "all_pets" in tools)
        one.call("DELETE", path)
        until(two.tools, lambda tools: "all_pets" not in tools)

    assert len(answers) > 10
    assert all("391" in answer for answer in answers)
    for worker in workers:
        assert KEY not in worker.service.log
        assert "Traceback" not in worker.service.log
