"""Learning, using and refreshing an API while people chat, on two workers over one database."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.outside.workers import Worker, two_workers, until
from tests.support.pets import DOCUMENT, KEY, PetShop, without
from tests.support.web_server import WebServer, serving

APIS = "/api/learned-apis"


@pytest.fixture
def shop() -> Iterator[WebServer]:
    with serving(PetShop()) as server:
        yield server


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[tuple[Worker, Worker]]:
    settings = {"PUERTO_OPEN_HOSTS": "127.0.0.1", "PUERTO_AUTONOMY": "full"}
    with two_workers(database_url, tmp_path, **settings) as both:
        yield both


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
