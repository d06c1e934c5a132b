"""What becomes here of a question that a client of the orchestration API asks."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.http.conftest import Client, Install, Installation

ASK = {"prompt": "What is 17 * 23?"}
BROKEN = [{"pieces": [{"text": "That "}, {"error": {"reason": "overloaded"}}]}]


@pytest.fixture
async def ada(install: Install) -> AsyncIterator[Client]:
    async with install(PUERTO_PROVIDER="offline") as installation:
        yield await installation.user("ada")


async def test_a_question_is_a_run_in_no_conversation(ada: Client) -> None:
    answer = await ada.json("POST", "/ask", ASK)

    (run,) = (await ada.get("/api/runs"))["runs"]
    assert (run["conversation_id"], run["status"]) == (None, "completed")
    assert answer["tokens_used"] == run["usage"]["total_tokens"]
    assert (await ada.get("/api/conversations"))["conversations"] == []


async def test_asked_again_with_its_key_it_has_its_answer(ada: Client) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = [await ada.send("POST", "/ask", ASK, key) for _ in range(2)]

    assert await first.get_data() == await again.get_data()
    assert len((await ada.get("/api/runs"))["runs"]) == 1


async def test_an_answer_that_breaks_off_ends_with_the_error(
    install: Install, tmp_path: Path
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(BROKEN))
    async with install(PUERTO_CASSETTE=str(file)) as installation:
        text, data = await streamed(installation)

    assert text == "data: That "
    assert data["error"].keys() == {"code", "message", "details", "request_id"}
    assert data["error"]["code"] == "UPSTREAM_ERROR"


async def streamed(installation: Installation) -> tuple[str, Any]:
    """Return the first event of a stream, and the error in the second one, the last."""
    ada = await installation.user("ada")
    response = await ada.send("POST", "/ask", ASK | {"stream": True})
    text, error, rest = (await response.get_data(as_text=True)).split("\n\n")
    assert rest == ""
    kind, data = error.split("\n")
    assert kind == "event: error"
    return text, json.loads(data.removeprefix("data: "))
