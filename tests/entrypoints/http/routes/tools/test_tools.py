"""Tools, as clients see them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.tools.tool import Effect
from entrypoints.http.routes.tools.lists import ToolView
from puerto import Registry, ToolContext, ToolFailed, hookimpl, tool
from tests.entrypoints.http.conftest import Client, Installation
from tests.entrypoints.http.ledger import ANSWER, no, rest_of, yes

PATH = "/api/tools/execute"


class Own:
    """A plugin with a tool that fails for a while, and one that yields its result."""

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        @tool(effect="read")
        async def lock() -> str:
            """Lock it."""
            raise ToolFailed(
                "It is being edited.", code="TICKET_LOCKED", retryable=True, details={"by": "ben"}
            )

        @tool(effect="read")
        async def tail(lines: int, context: ToolContext) -> AsyncIterator[str]:
            """Read a log."""
            yield f"{lines} lines\n"
            await context.progress("half of them", 0.5)
            yield "the last"

        registry.add_tools(lock, tail)


async def test_the_list(ada: Client) -> None:
    tools = {tool["name"]: tool for tool in (await ada.get("/api/tools"))["tools"]}

    calculator = tools["calculator"]
    assert calculator.keys() == ToolView.model_fields.keys()
    assert (calculator["effect"], calculator["enabled"], calculator["plugin"]) == (
        "read",
        True,
        "basics",
    )
    assert calculator["parameters"]["required"] == ["expression"]


async def test_one_tool_with_what_it_returns(ada: Client, admin: Client) -> None:
    listed = {tool["name"]: tool for tool in (await ada.get("/api/tools"))["tools"]}
    assert await ada.get("/api/tools/current_time") == listed["current_time"] | {
        "output_schema": {"type": "object", "additionalProperties": {"type": "string"}}
    }
    await admin.json("PATCH", "/api/tools/current_time", {"enabled": False})
    assert (await ada.get("/api/tools/current_time"))["enabled"] is False
    assert (await ada.send("GET", "/api/tools/no_such_tool")).status_code == 404


async def test_a_failure_says_its_code_and_that_it_may_pass(
    installation: Installation, ada: Client
) -> None:
    installation.services.toolbox.register(Own(), "own")  # type: ignore[attr-defined]
    error = await ada.error("POST", PATH, 502, "UPSTREAM_ERROR", {"tool": "lock"})
    details = dict(error["details"])
    assert details.pop("run_id")
    assert details == {"by": "ben", "tool_error": "TICKET_LOCKED", "retryable": True}
    assert error["message"] == "It is being edited."


async def test_what_a_tool_yields_is_shown_and_its_result_is_the_whole(
    installation: Installation, ada: Client
) -> None:
    installation.services.toolbox.register(Own(), "own")  # type: ignore[attr-defined]
    assert (await ada.get("/api/tools/tail"))["output_schema"] == {"type": "string"}
    done = await ada.json("POST", PATH, {"tool": "tail", "parameters": {"lines": 2}})
    assert done["result"] == "2 lines\nthe last"
    events = await rest_of(ada, done["run_id"])
    first = next(each for each in events if each["type"] == "tool_progress")
    assert (first["message"], first["output"]) == ("2 lines", "2 lines\n")
    (result,) = (each for each in events if each["type"] == "tool_result")
    assert result["result"] == done["result"]


async def test_the_list_for_a_task(ada: Client) -> None:
    tools = (await ada.get("/api/tools?q=current+time+in+Madrid"))["tools"]

    assert tools[0]["name"] == "current_time"
    assert (await ada.get("/api/tools?q=zzz"))["tools"] == []


async def test_the_list_in_pages(ada: Client) -> None:
    whole = (await ada.get("/api/tools?limit=100"))["tools"]
    names: list[str] = []
    path = "/api/tools?limit=2"
    while True:
        page = await ada.get(path)
        assert len(page["tools"]) <= 2
        names += [tool["name"] for tool in page["tools"]]
        if page["next_cursor"] is None:
            break
        path = f"/api/tools?limit=2&cursor={page['next_cursor']}"

    assert names == sorted(tool["name"] for tool in whole)
    assert len(names) > 4


async def test_what_fits_a_task_in_pages(ada: Client) -> None:
    task = "/api/tools?q=read+a+result,+search+conversations,+calculate"
    whole = [tool["name"] for tool in (await ada.get(task))["tools"]]
    first = await ada.get(f"{task}&limit=1")
    second = await ada.get(f"{task}&limit=1&cursor={first['next_cursor']}")

    assert [first["tools"][0]["name"], second["tools"][0]["name"]] == whole[:2]
    for cursor in ("q", "q0", "qfff", "t", "tzz", "tff", "q-1", "x"):
        await ada.error("GET", f"/api/tools?cursor={cursor}", 400, "INVALID_REQUEST")
        await ada.error("GET", f"{task}&cursor={cursor}", 400, "INVALID_REQUEST")
    for limit in ("0", "101", "x"):
        await ada.error("GET", f"/api/tools?limit={limit}", 400, "INVALID_REQUEST")


async def test_a_call(ada: Client) -> None:
    body = {"tool": "calculator", "parameters": {"expression": "2 + 3"}}

    done = await ada.json("POST", PATH, body)

    assert done.keys() == {"tool", "result", "duration_ms", "run_id"}
    assert (done["tool"], done["result"]["result"]) == ("calculator", "5")
    assert done["duration_ms"] >= 0
    run = await ada.get(f"/api/runs/{done['run_id']}")
    assert (run["status"], run["conversation_id"], run["message_id"]) == ("completed", None, None)
    assert (await ada.get("/api/conversations"))["conversations"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"tool": "calculator"}, 400, "INVALID_REQUEST"),
        ({"tool": "calculator", "parameters": {"expression": 7}}, 400, "INVALID_REQUEST"),
        ({"tool": "calculator", "parameters": []}, 400, "INVALID_REQUEST"),
        ({"tool": "calculator", "parameters": {"expression": "1/0"}}, 502, "UPSTREAM_ERROR"),
        ({"tool": "nothing"}, 404, "NOT_FOUND"),
        ({"parameters": {}}, 400, "INVALID_REQUEST"),
    ],
)
async def test_calls_that_fail(ada: Client, body: Any, status: int, code: str) -> None:
    await ada.error("POST", PATH, status, code, body)


async def test_a_call_that_needs_consent_waits(ada: Client, admin: Client) -> None:
    await admin.json("PUT", "/api/config", {"agent": {"autonomy_level": "manual"}})
    body = {"tool": "calculator", "parameters": {"expression": "2 + 3"}}

    waiting = await ada.json("POST", PATH, body, 202)

    assert waiting.keys() == {"status", "run_id", "consent_request"}
    assert waiting["status"] == "waiting_consent"
    await ada.json("POST", ANSWER, yes(waiting["consent_request"]))
    events = await rest_of(ada, waiting["run_id"])
    assert [event["type"] for event in events] == [
        "run",
        "tool_call",
        "consent_required",
        "tool_result",
        "done",
    ]
    assert events[3]["result"]["result"] == "5"
    assert (await ada.get("/api/conversations"))["conversations"] == []


async def test_a_call_that_is_cancelled_or_denied_does_not_run(ada: Client, admin: Client) -> None:
    await admin.json("PUT", "/api/config", {"agent": {"autonomy_level": "manual"}})
    body = {"tool": "calculator", "parameters": {"expression": "2 + 3"}}
    first, second = [await ada.json("POST", PATH, body, 202) for _ in range(2)]

    await ada.json("POST", ANSWER, no(first["consent_request"]))
    await ada.json("POST", f"/api/runs/{second['run_id']}/cancel")

    codes = [
        (await rest_of(ada, waiting["run_id"]))[-2]["error"]["code"] for waiting in (first, second)
    ]
    assert codes == ["CONSENT_DENIED", "CANCELLED"]


def test_every_effect_is_documented() -> None:
    documented = ToolView.model_json_schema()["properties"]["effect"]["enum"]

    assert documented == [effect.value for effect in Effect]
