"""Budgets as operators set them, and as users meet them."""

import asyncio
import json
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Installation, read_error

PATH = "/api/budgets"
STEP = 4_096  # tokens of an answer, which a step holds besides its question


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("op", Role.OPERATOR)


async def ask(client: Client, **more: Any) -> Any:
    return await client.json("POST", "/api/chat", {"message": "What is 17 * 23?"} | more)


async def refusal(client: Client, **more: Any) -> Any:
    body = {"message": "What is 17 * 23?"} | more
    response = await client.send("POST", "/api/chat", body)
    error = await read_error(response, 429, "BUDGET_EXCEEDED")
    assert response.headers["Retry-After"] == str(error["details"]["retry_after"])
    return error


async def test_a_budget_is_set_shown_changed_and_removed(operator: Client, ada: Client) -> None:
    made = await operator.json("PUT", PATH, {"scope": "user", "period": "day", "max_tokens": 9.0})
    assert (made["subject"], made["max_tokens"], made["max_cost_usd"]) == (None, 9, None)
    body = {"scope": "user", "subject": ada.user["id"], "period": "month", "max_cost_usd": 0.5}
    own = await operator.json("PUT", PATH, body)
    again = await operator.json("PUT", PATH, body | {"max_cost_usd": 1, "max_tokens": 7})
    assert again == own | {"max_cost_usd": 1.0, "max_tokens": 7}

    first = await operator.get(f"{PATH}?limit=1")
    rest = await operator.get(f"{PATH}?limit=1&cursor={first['next_cursor']}")
    assert [*first["budgets"], *rest["budgets"]] == [again, made]
    assert await operator.get(f"{PATH}/{own['id']}") == again

    await operator.send("DELETE", f"{PATH}/{own['id']}")
    await operator.error("DELETE", f"{PATH}/{own['id']}", 404, "NOT_FOUND")
    assert (await operator.get(PATH))["budgets"] == [made]
    await ada.error("GET", PATH, 403, "FORBIDDEN")


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": None},
        {"max_tokens": 0},
        {"max_tokens": 10**16},
        {"max_cost_usd": 0},
        {"scope": "team"},
        {"period": "year"},
        {"subject": ""},
    ],
)
async def test_a_budget_that_bounds_nothing_is_refused(
    operator: Client, change: dict[str, Any]
) -> None:
    body = {"scope": "user", "period": "day", "max_tokens": 5} | change
    await operator.error("PUT", PATH, 400, "INVALID_REQUEST", body)


async def test_a_run_ends_where_its_budget_does(operator: Client, ada: Client) -> None:
    most = 2 * STEP
    body = {"scope": "user", "period": "day", "max_tokens": most}
    budget = await operator.json("PUT", PATH, body | {"subject": ada.user["id"]})
    answer = await ask(ada)
    used = answer["usage"]["total_tokens"]
    standing = await operator.get(f"{PATH}/{budget['id']}")
    assert (standing["spent_tokens"], standing["held_tokens"]) == (used, 0)

    await operator.json("PUT", PATH, body | {"subject": ada.user["id"], "max_tokens": STEP})
    error = await refusal(ada)

    assert error["details"]["used_tokens"] == used
    assert (error["details"]["scope"], error["details"]["max_tokens"]) == ("user", STEP)
    assert error["details"]["resets_at"] == standing["resets_at"].replace(".000000", "")
    (run, _) = (await ada.get("/api/runs"))["runs"]
    assert (run["id"], run["status"]) == (error["details"]["run_id"], "failed")
    assert run["error"]["code"] == "BUDGET_EXCEEDED"
    await operator.send("DELETE", f"{PATH}/{budget['id']}")
    await ask(ada)


async def test_a_stream_tells_it_as_its_error(operator: Client, ada: Client) -> None:
    await operator.json("PUT", PATH, {"scope": "user", "period": "month", "max_tokens": 1})
    response = await ada.send("POST", "/api/chat", {"message": "hi", "stream": True})
    lines = (await response.get_data(as_text=True)).splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert [event["type"] for event in events] == ["run", "error", "done"]
    assert events[1]["error"]["code"] == "BUDGET_EXCEEDED"
    assert events[2]["status"] == "failed"


async def test_a_budget_of_each_bounds_each_by_itself(
    operator: Client, ada: Client, bob: Client
) -> None:
    body = {"scope": "user", "period": "day", "max_tokens": STEP + 1_000_000}
    of_each = await operator.json("PUT", PATH, body)
    assert (of_each["spent_tokens"], of_each["held_cost_usd"]) == (None, None)
    for client in (ada, bob):
        await ask(client)
    await operator.json("PUT", PATH, body | {"max_tokens": STEP, "subject": bob.user["id"]})
    await refusal(bob)
    await ask(ada)


async def test_keys_and_conversations_have_budgets(
    installation: Installation, operator: Client, ada: Client
) -> None:
    made = await ada.json("POST", "/api/auth/keys", {"name": "report", "scopes": ["chat"]}, 201)
    program = Client(installation.app, made["key"], ada.user)
    conversation = (await ask(program))["conversation_id"]
    for scope, subject in (("key", made["id"]), ("conversation", conversation)):
        body = {"scope": scope, "subject": subject, "period": "day", "max_tokens": 1}
        budget = await operator.json("PUT", PATH, body)
        error = await refusal(program, conversation_id=conversation)
        assert error["details"]["scope"] == scope
        if scope == "key":
            await ask(ada)
        await operator.send("DELETE", f"{PATH}/{budget['id']}")


async def test_runs_at_once_stay_within_the_budget(
    installation: Installation, operator: Client, ada: Client
) -> None:
    """Each of two runs has two steps; the room is for one step at a time."""
    body = {"scope": "user", "subject": ada.user["id"], "period": "day"}
    budget = await operator.json("PUT", PATH, body | {"max_tokens": STEP + 3_000})
    body = {"message": "What is 17 * 23?"}
    done = await asyncio.gather(*(ada.send("POST", "/api/chat", body) for _ in range(6)))
    codes = [response.status_code for response in done]
    assert set(codes) <= {200, 429}
    standing = await operator.get(f"{PATH}/{budget['id']}")
    usage = await ada.get("/api/usage")
    assert standing["spent_tokens"] == usage["total"]["total_tokens"] <= STEP + 3_000
    assert standing["held_tokens"] == 0
