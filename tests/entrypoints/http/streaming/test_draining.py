"""Stopping the service: whoever follows a run is let go, and the run is not harmed."""

import asyncio
import json
from pathlib import Path

import pytest

from entrypoints.server.lifecycle import drain
from tests.entrypoints.http.conftest import Install
from tests.entrypoints.http.ledger import ANSWER, CHAT, ledger_in, rest_of, writing, yes


@pytest.mark.parametrize("stay", [False, True])
async def test_followers_are_let_go(install: Install, tmp_path: Path, stay: bool) -> None:
    cassette = writing(tmp_path, "hello")
    async with install(PUERTO_CASSETTE=cassette) as stopping:
        ledger_in(stopping)
        ada = await stopping.user("ada")
        asked = await ada.json("POST", "/api/chat", CHAT)
        chat = stopping.services.chat
        user = await stopping.services.run_lookup.owner(asked["run_id"])
        reader = await chat.follow(user, asked["run_id"])
        events = [event async for batch in reader.events() for event in batch]
        assert events[-1].body.type == "paused"

        async def follow() -> int:
            reader = await chat.follow(user, asked["run_id"], stay=stay)
            return sum([len(batch) async for batch in reader.events()])

        following = asyncio.create_task(follow())
        await drain(stopping.services)
        async with asyncio.timeout(60):
            assert await following >= len(events) - 1
        await ada.error("POST", "/api/chat", 503, "UNAVAILABLE", CHAT)
    async with install(PUERTO_CASSETTE=cassette) as going_on:
        ledger, ada = ledger_in(going_on), await going_on.log_in("ada")
        await ada.json("POST", ANSWER, yes(asked["requires_consent"]))
        assert (await rest_of(ada, asked["run_id"]))[-1]["status"] == "completed"
        assert ledger.lines == ["1: hello"]


async def test_a_run_that_is_handed_over_is_not_cancelled(install: Install, tmp_path: Path) -> None:
    cassette = tmp_path / "slow.json"
    cassette.write_text(json.dumps([{"pieces": [{"text": "One"}, {"delay": 60}]}]))
    body = {"message": "Count.", "on_disconnect": "cancel"}
    async with install(PUERTO_CASSETTE=str(cassette)) as stopping:
        ada = await stopping.user("ada")
        asking = asyncio.create_task(ada.send("POST", "/api/chat", body))
        while not (listed := (await ada.get("/api/conversations"))["conversations"]):
            await asyncio.sleep(0.01)
        await drain(stopping.services)
        response = await asking
        assert response.status_code == 503
        error = json.loads(await response.get_data())["error"]
        assert (error["code"], error["details"]["conversation_id"]) == (
            "UNAVAILABLE",
            listed[0]["id"],
        )
    cassette.write_text(json.dumps([{"pieces": [{"text": "One, two."}]}]))
    async with install(PUERTO_CASSETTE=str(cassette)) as going_on:
        ada = await going_on.log_in("ada")
        events = await rest_of(ada, error["details"]["run_id"])
        assert events[-1]["status"] == "completed"
        assert events[-2]["content"] == "One, two."
