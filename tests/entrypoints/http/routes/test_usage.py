"""What was used, as clients see it: what their runs say, added up."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from tests.entrypoints.http.conftest import Client, Install, Installation, read_error

PRICES = """
[scripted]
cassette = { input = 3, cached_input = 0.3, output = 15 }
"""
PATH = "/api/usage"


@pytest.fixture
async def priced(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation that knows what its model costs."""
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    async with install(PUERTO_PRICES=str(prices)) as started:
        yield started


async def say(client: Client, **more: Any) -> Any:
    return await client.json("POST", "/api/chat", {"message": "What is 17 * 23?"} | more)


async def test_the_report_is_the_sum_of_the_runs(priced: Installation) -> None:
    ada, bob = await priced.user("ada"), await priced.user("bob")
    operator = await priced.user("op", Role.OPERATOR)
    answers = [await say(ada), await say(ada), await say(bob)]
    runs = [(await each.get("/api/runs"))["runs"] for each in (ada, bob)]
    costs = [run["usage"]["cost_usd"] for run in (*runs[0], *runs[1])]
    assert costs == [answer["usage"]["cost_usd"] for answer in answers]
    assert costs[0] == (30 * 3 + 11 * 15) / 1_000_000

    by_user = await operator.get(f"{PATH}?group_by=user")

    assert by_user["total"]["cost_usd"] == pytest.approx(sum(costs), abs=1e-12)
    assert by_user["total"]["total_tokens"] == 3 * 41
    first, second = by_user["usage"]
    assert (first["username"], first["user_id"]) == ("ada", ada.user["id"])
    assert (first["answers"], first["tool_calls"], first["cost_usd"]) == (4, 2, 2 * costs[0])
    assert (second["username"], second["cost_usd"]) == ("bob", costs[0])
    assert first["input_tokens"] + second["input_tokens"] == by_user["total"]["input_tokens"]

    (model,) = (await operator.get(f"{PATH}?group_by=model"))["usage"]
    assert (model["provider"], model["model"], model["answers"]) == ("scripted", "cassette", 6)
    (tool,) = (await operator.get(f"{PATH}?group_by=tool"))["usage"]
    assert (tool["tool"], tool["tool_calls"], tool["failed_calls"]) == ("calculator", 3, 0)
    (day,) = (await operator.get(PATH))["usage"]
    assert (len(day["day"]), day["answers"], "user_id" in day) == (10, 6, False)


async def test_users_see_their_own(priced: Installation) -> None:
    ada, bob = await priced.user("ada"), await priced.user("bob")
    await say(ada)
    for group in ("user", "model", "tool", "day", "agent", "key"):
        assert (await ada.get(f"{PATH}?group_by={group}"))["usage"] != []
        theirs = await bob.get(f"{PATH}?group_by={group}")
        assert (theirs["usage"], theirs["total"]["answers"]) == ([], 0)


async def test_a_run_of_a_program_names_its_key(installation: Installation, ada: Client) -> None:
    made = await ada.json("POST", "/api/auth/keys", {"name": "report", "scopes": ["chat"]}, 201)
    program = Client(installation.app, made["key"], ada.user)
    await say(program)
    await say(ada)
    by_key = (await program.get(f"{PATH}?group_by=key"))["usage"]
    assert {line["key_id"] for line in by_key} == {made["id"], None}


async def test_days_bound_the_report(ada: Client, installation: Installation) -> None:
    await say(ada)
    then = await ada.get(f"{PATH}?from=2020-01-01&to=2020-01-31")
    assert (then["from"], then["to"], then["usage"]) == ("2020-01-01", "2020-01-31", [])
    assert (await ada.get(f"{PATH}?to=0001-01-01"))["usage"] == []
    for query in (
        "from=2020-02-01&to=2020-01-31",
        "from=2001-01-01&to=2020-01-31",
        "from=x",
        "from=0",
    ):
        response = await ada.send("GET", f"{PATH}?{query}")
        error = await read_error(response, 400, "INVALID_REQUEST")
        assert error["details"]["fields"][0]["path"] == "from"
    response = await ada.send("GET", f"{PATH}?cursor=m1")
    await read_error(response, 400, "INVALID_REQUEST")


async def test_pages_follow_each_other(priced: Installation) -> None:
    ada = await priced.user("ada")
    await say(ada)
    await ada.json("POST", "/api/chat", {"message": "hi", "provider": "offline"})
    first = await ada.get(f"{PATH}?group_by=model&limit=1")
    second = await ada.get(f"{PATH}?group_by=model&limit=1&cursor={first['next_cursor']}")
    assert [page["usage"][0]["provider"] for page in (first, second)] == ["scripted", "offline"]
    assert second["next_cursor"] is None
    assert first["total"] == second["total"]
