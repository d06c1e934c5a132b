"""What users see of a run whose events were deleted, being old."""

import asyncio
from datetime import timedelta

from puerto.testing.clock import FakeClock
from tests.domain.builders import NOW
from tests.entrypoints.http.conftest import Client, Install

QUESTION = {"message": "What is 17 * 23?"}


async def gone(client: Client, path: str) -> str:
    """Wait until the answer is 410; return its message."""
    async with asyncio.timeout(60):
        while (await client.send("GET", path)).status_code == 200:
            await asyncio.sleep(0.01)
    error = await client.error("GET", path, 410, "GONE")
    return str(error["message"])


async def test_the_conversation_stays_and_the_events_are_gone(install: Install) -> None:
    async with install(FakeClock(NOW)) as installation:
        ada = await installation.user("ada")
        answer = await ada.json("POST", "/api/chat", QUESTION)
        conversation = await ada.get(f"/api/conversations/{answer['conversation_id']}")
        run = await ada.get(f"/api/runs/{answer['run_id']}")

    async with install(FakeClock(NOW + timedelta(days=91))) as installation:
        ada = await installation.log_in("ada")
        path = f"/api/runs/{answer['run_id']}/events"
        assert "were deleted, being old" in await gone(ada, path)
        await ada.error("GET", f"{path}?after=1.1", 410, "GONE")
        assert await ada.get(f"/api/runs/{answer['run_id']}") == run
        path = f"/api/conversations/{answer['conversation_id']}"
        assert await ada.get(path) == conversation

        more = {
            "message": "What is 6 * 7?",
            "conversation_id": answer["conversation_id"],
            "provider": "offline",
        }
        assert (await ada.json("POST", "/api/chat", more))["status"] == "completed"


async def test_they_can_be_kept_for_ever(install: Install) -> None:
    async with install(FakeClock(NOW)) as installation:
        ada = await installation.user("ada")
        answer = await ada.json("POST", "/api/chat", QUESTION)
    later = FakeClock(NOW + timedelta(days=9000))
    async with install(later, PUERTO_RETENTION_EVENTS_DAYS="0") as installation:
        ada = await installation.log_in("ada")
        events = await ada.send("GET", f"/api/runs/{answer['run_id']}/events")
        assert b'"type":"done"' in await events.get_data()
