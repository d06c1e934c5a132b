"""Power cuts: what was said to be stored is there afterwards, and no effect is repeated."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.outside.clients import client, streamed
from tests.support.nursery import Apart
from tests.support.power_cut import make_disk
from tests.support.service import RunningService

PLUGIN = Path(__file__).with_name("ledger")
PATIENCE = 120


class RunningApart(RunningService):
    """A service in a process of its own from the start, as LD_PRELOAD wants it."""

    child = Apart


async def answer(service: RunningService, token: str, **said: Any) -> None:
    async with client(service.url, token) as http:
        (await http.post("/api/chat/consent", json=said)).raise_for_status()


async def test_a_call_that_was_under_way_is_known_and_not_repeated(
    engine: str, tmp_path: Path
) -> None:
    if engine == "postgresql":
        pytest.skip("PostgreSQL has its own tests of this")
    disk = make_disk(tmp_path)
    lines, cassette = tmp_path / "lines.txt", tmp_path / "cassette.json"
    call = {"tool": "append_line", "arguments": {"text": "once", "seconds": 600}}
    answers = [{"pieces": [{"text": "Now. "}, call]}, {"pieces": [{"text": "Done."}]}]
    cassette.write_text(json.dumps(answers))
    settings = {
        "DATABASE_URL": f"sqlite://{disk.folder / 'puerto.db'}",
        "PYTHONPATH": str(PLUGIN),
        "LEDGER_FILE": str(lines),
        "PUERTO_CASSETTE": str(cassette),
        "PUERTO_LEASE_SECONDS": "600",  # no heartbeat is late; the lock tells who is dead
    }
    with RunningApart(tmp_path, **settings, **disk.environment) as service:
        token = service.user("ann")
        events = await streamed(service.url, token, "Do it.")
        run_id = events[0]["run_id"]
        (asked,) = [e["consent_request"] for e in events if e["type"] == "consent_required"]
        await answer(service, token, consent_request_id=asked["id"], approved=True)
        async with asyncio.timeout(PATIENCE):
            while not lines.exists():
                await asyncio.sleep(0.01)
        service.kill()
        disk.cut_power()
        service.start()
        async with asyncio.timeout(PATIENCE):
            while not (again := service.call("GET", "/api/consents?status=waiting", None, token))[
                "consents"
            ]:
                await asyncio.sleep(0.05)
        (question,) = again["consents"]
        assert (question["run_id"], question["kind"]) == (run_id, "outcome")
        assert question["digest"] == asked["digest"]
        conversation_id = events[0]["conversation_id"]
        kept = service.call("GET", f"/api/conversations/{conversation_id}", None, token)
        assert [message["content"] for message in kept["messages"]] == ["Do it."]
        assert lines.read_text() == "once\n"
