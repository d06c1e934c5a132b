"""The operator's policy: rules, what they say of a call, trying others, and the record."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from domain.accounts.users import Role
from entrypoints.http.routes.policy import CONDITIONS, LENGTH, REPLAYED, RULES
from tests.entrypoints.http.conftest import Client, Install, Installation
from tests.entrypoints.http.ledger import (
    ANSWER,
    CHAT,
    EXECUTE,
    Ledger,
    ledger_in,
    rest_of,
    writing,
    yes,
)

POLICY = "/api/policy"
EXPLAIN = f"{POLICY}/explain"
SIMULATE = f"{POLICY}/simulate"
ALLOW = {"decision": "allow"}
FULL_RULE: dict[str, Any] = {
    "decision": "ask",
    "name": "large ones",
    "tool": "write_*",
    "effect": "write",
    "user": "a?a",
    "arguments": [
        {"argument": "page", "test": "above", "value": 10},
        {"argument": "page", "test": "below", "value": 99.5},
        {"argument": "text", "test": "like", "value": "*!"},
        {"argument": "text", "test": "not_equals", "value": None},
        {"argument": "text", "test": "present", "value": True},
    ],
}
REST: dict[str, Any] = {"name": "", "tool": "*", "effect": None, "user": "*", "arguments": []}


@pytest.fixture
async def installation(install: Install, tmp_path: Path) -> AsyncGenerator[Installation]:
    """An installation whose model wants to write one line."""
    async with install(PUERTO_CASSETTE=writing(tmp_path, "hello")) as started:
        yield started


@pytest.fixture
def ledger(installation: Installation) -> Ledger:
    return ledger_in(installation)


@pytest.fixture
async def operator(installation: Installation) -> Client:
    return await installation.user("oscar", Role.OPERATOR)


def call(text: str, page: int = 1) -> dict[str, Any]:
    return {"tool": "write_line", "arguments": {"text": text, "page": page}}


async def test_rules_are_kept(admin: Client, operator: Client) -> None:
    rules = [FULL_RULE, {"decision": "deny"}]

    changed = await admin.json("PUT", POLICY, {"rules": rules})

    assert changed == {"rules": [FULL_RULE, REST | {"decision": "deny"}]}
    assert await operator.get(POLICY) == changed
    assert await admin.json("PUT", POLICY, {"rules": []}) == {"rules": []}


async def test_the_first_matching_rule_decides(ada: Client, admin: Client, ledger: Ledger) -> None:
    rules = [FULL_RULE, {"decision": "allow", "tool": "write_line"}]
    await admin.json("PUT", POLICY, {"rules": rules})

    asked = await ada.json("POST", EXPLAIN, call("look!", 11))
    assert asked == {"decision": "ask", "rule": "rule 1 (large ones)"}
    for other in (call("look!", 10), call("look!", 100), call("look", 11)):
        allowed = await ada.json("POST", EXPLAIN, other)
        assert allowed == {"decision": "allow", "rule": "rule 2"}
    mine = await admin.json("POST", EXPLAIN, call("look!", 11))
    assert mine["rule"] == "rule 2"
    assert ledger.lines == []


async def test_without_a_rule_the_level_decides(ada: Client, ledger: Ledger) -> None:
    explained = await ada.json("POST", EXPLAIN, call("x"))
    assert explained["decision"] == "ask"
    assert "semi" in explained["rule"]
    assert (await ada.json("POST", EXPLAIN, {"tool": "read_lines"}))["decision"] == "allow"
    await ada.error("POST", EXPLAIN, 404, "NOT_FOUND", {"tool": "nothing"})
    bad = {"tool": "write_line", "arguments": {"text": 1}}
    await ada.error("POST", EXPLAIN, 400, "INVALID_REQUEST", bad)


async def test_rules_bind_calls_with_and_without_the_agent(
    ada: Client, admin: Client, ledger: Ledger
) -> None:
    deny = {"decision": "deny", "name": "read only", "tool": "write_*"}
    await admin.json("PUT", POLICY, {"rules": [deny]})

    answer = await ada.json("POST", "/api/chat", CHAT)
    assert answer["status"] == "completed"
    assert answer["results"][0]["error"]["code"] == "DENIED"
    assert "read only" in answer["results"][0]["error"]["message"]
    body = {"tool": "write_line", "parameters": {"text": "x"}}
    error = await ada.error("POST", EXECUTE, 403, "FORBIDDEN", body)
    assert error["details"]["tool_error"] == "DENIED"
    assert ledger.lines == []
    await admin.json("PUT", POLICY, {"rules": [ALLOW]})
    assert (await ada.json("POST", EXECUTE, body))["result"] == 1
    assert (await ada.json("POST", "/api/chat", CHAT))["status"] == "completed"
    assert ledger.lines == ["1: x", "1: hello"]


async def test_another_policy_is_tried_on_what_was_recorded(
    ada: Client, admin: Client, operator: Client, ledger: Ledger
) -> None:
    for text in ("one", "two"):
        body = {"tool": "write_line", "parameters": {"text": text}}
        await ada.json("POST", EXECUTE, body, 202)
    await ada.json("POST", EXECUTE, {"tool": "read_lines"})
    rule = {"argument": "text", "test": "equals", "value": "two"}
    rules = [{"decision": "deny", "name": "no twos", "arguments": [rule]}]

    found = await operator.json("POST", SIMULATE, {"rules": rules})

    assert found["replayed"] == 3
    (difference,) = found["differences"]
    assert difference.keys() == {
        "call_id",
        "tool",
        "arguments",
        "user",
        "before",
        "after",
        "rule",
        "at",
    }
    assert (difference["before"], difference["after"]) == ("ask", "deny")
    assert (difference["user"], difference["rule"]) == ("ada", "rule 1 (no twos)")
    assert difference["arguments"]["text"] == "two"
    manual = {"rules": [], "autonomy_level": "manual", "last": 1}
    assert (await operator.json("POST", SIMULATE, manual))["differences"][0]["after"] == "ask"
    full = {"rules": [], "autonomy_level": "full"}
    assert len((await operator.json("POST", SIMULATE, full))["differences"]) == 2
    assert (await operator.get(POLICY)) == {"rules": []}


async def test_every_decision_is_recorded(ada: Client, operator: Client, ledger: Ledger) -> None:
    asked = await ada.json("POST", "/api/chat", CHAT)
    request = asked["requires_consent"]
    edited = yes(request, arguments={"text": "edited", "page": 1})
    token = (await ada.json("POST", ANSWER, edited))["consent_token"]
    await rest_of(ada, asked["run_id"])

    decisions = (await operator.get("/api/audit"))["decisions"]

    found = [(one["decision"], one["digest"], one["arguments"]["text"]) for one in decisions]
    assert found == [("approved", token, "edited"), ("ask", request["digest"], "hello")]
    assert {(one["user"], one["run_id"], one["call_id"], one["tool"]) for one in decisions} == {
        ("ada", asked["run_id"], request["call_id"], "write_line")
    }
    first = await operator.get("/api/audit?limit=1")
    second = await operator.get(f"/api/audit?limit=1&cursor={first['next_cursor']}")
    assert [*first["decisions"], *second["decisions"]] == decisions
    assert second["next_cursor"] is None
    await operator.error("GET", "/api/audit?cursor=x", 400, "INVALID_REQUEST")


@pytest.mark.one_engine
async def test_bad_rules(admin: Client, subtests: pytest.Subtests) -> None:
    for wrong in [
        {},
        {"rules": None},
        {"rules": [{}]},
        {"rules": [{"decision": "maybe"}]},
        {"rules": [ALLOW | {"effect": "harm"}]},
        {"rules": [ALLOW | {"tools": "*"}]},
        {"rules": [ALLOW | {"tool": ""}]},
        {"rules": [ALLOW | {"tool": "x" * (LENGTH + 1)}]},
        {"rules": [ALLOW | {"name": "x" * (LENGTH + 1)}]},
        {"rules": [ALLOW] * (RULES + 1)},
        {"rules": [ALLOW | {"arguments": [FULL_RULE["arguments"][0]] * (CONDITIONS + 1)}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "a", "test": "like", "value": 3}]}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "a", "test": "above", "value": "3"}]}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "a", "test": "above", "value": True}]}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "a", "test": "present", "value": 1}]}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "", "test": "present"}]}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "a", "test": "equals"}]}]},
        {"rules": [ALLOW | {"arguments": [{"argument": "a", "test": "rhymes", "value": "b"}]}]},
    ]:
        with subtests.test(wrong=wrong):
            for method, path in (("PUT", POLICY), ("POST", SIMULATE)):
                await admin.error(method, path, 400, "INVALID_REQUEST", wrong)
            assert await admin.get(POLICY) == {"rules": []}


async def test_bounds_of_a_simulation(admin: Client) -> None:
    for last in (0, REPLAYED + 1, "5", 1.5):
        body: dict[str, Any] = {"rules": [], "last": last}
        await admin.error("POST", SIMULATE, 400, "INVALID_REQUEST", body)
    most = {"rules": [ALLOW] * RULES, "last": REPLAYED}
    assert (await admin.json("POST", SIMULATE, most)) == {"replayed": 0, "differences": []}
