"""How the offline model tells what tools gave."""

import json

import pytest

from domain.models.messages import AssistantTurn, ToolTurn, ToolUse, Turn, UserTurn
from tests.adapters.llm.offline.asking import ask, calls_of, text_of


async def told(message: str, *results: ToolTurn) -> str:
    uses = [ToolUse(turn.call_id, turn.tool, {}) for turn in results]
    turns: list[Turn] = [UserTurn(message), AssistantTurn("", uses), *results]
    pieces = await ask(turns)
    assert calls_of(pieces) == [], "it never calls again after results"
    return text_of(pieces)


def result(value: object, tool: str = "a_tool", call_id: str = "c1") -> ToolTurn:
    return ToolTurn(call_id, tool, json.dumps(value))


def error(content: str) -> ToolTurn:
    return ToolTurn("c1", "stop_instance", content, is_error=True)


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (391, "The result is 391.", "El resultado es 391."),
        ("19.50", "The result is 19.50.", "El resultado es 19.50."),
        (True, "The result is yes.", "El resultado es sí."),
        (None, "Done: nothing was returned.", "Hecho: no devuelve nada."),
        ({}, "Done: nothing was returned.", "Hecho: no devuelve nada."),
        ("All is well.", "All is well.", "All is well."),
        ({"result": 4}, "The result is 4.", "El resultado es 4."),
        ({"expression": "2 + 2", "result": "4", "exact": True}, "2 + 2 = 4", "2 + 2 = 4"),
        (
            {"timezone": "Asia/Tokyo", "iso": "2026-11-20T10:30:00+09:00"},
            "In Asia/Tokyo it is Friday 2026-11-20 10:30 (UTC+09:00).",
            "En Asia/Tokyo es viernes 2026-11-20 10:30 (UTC+09:00).",
        ),
        (
            "2026-11-20T10:30:00+00:00",
            "The result is 2026-11-20 10:30 (UTC).",
            "El resultado es 2026-11-20 10:30 (UTC).",
        ),
        (
            {"timezone": "UTC", "iso": "2026-11-20T10:30:00+00:00"},
            "It is Friday 2026-11-20 10:30 (UTC).",
            "Es viernes 2026-11-20 10:30 (UTC).",
        ),
        (
            {"rolls": [4, 4], "total": 8},
            "`a_tool` answers:\n- rolls: 4, 4\n- total: 8",
            "`a_tool` responde:\n- rolls: 4, 4\n- total: 8",
        ),
        ([], "There are no results.", "No hay resultados."),
        ([1, "two"], "There are 2 results:\n- 1\n- two", "Hay 2 resultados:\n- 1\n- two"),
        (
            [{"name": "web", "state": "on", "tags": {"env": "prod"}, "owner_id": "7"}],
            "There is 1 result:\n- web: state: on, tags: (env: prod)",
            "Hay 1 resultado:\n- web: state: on, tags: (env: prod)",
        ),
        (
            {"items": [{"id": "a", "size": 1}], "count": 1},
            "There is 1 result:\n- a: size: 1",
            "Hay 1 resultado:\n- a: size: 1",
        ),
        (
            {"city": "Rome", "wind": {"speed": 3}, "due_date": "2026-11-20"},
            "`a_tool` answers:\n- city: Rome\n- wind:\n  - speed: 3\n- due date: 2026-11-20",
            "`a_tool` responde:\n- city: Rome\n- wind:\n  - speed: 3\n- due date: 2026-11-20",
        ),
    ],
)
async def test_a_result_in_plain_words(value: object, english: str, spanish: str) -> None:
    assert await told("what is it?", result(value)) == english
    assert await told("¿qué es?", result(value)) == spanish


async def test_a_long_list_is_counted_and_cut() -> None:
    text = await told("list them", result(list(range(25))))
    assert text.startswith("There are 25 results:")
    assert text.endswith("- 9\n... and 15 more.")


async def test_several_results_are_each_told() -> None:
    text = await told("do both", result(1, "one", "c1"), result(2, "two", "c2"))
    assert text == "`one`: The result is 1.\n\n`two`: The result is 2."


@pytest.mark.parametrize(
    "content",
    ["no such instance", '{"error": "no such instance"}', '{"message": "no such instance."}'],
)
async def test_an_error_is_told_with_what_to_do(content: str) -> None:
    text = await told("stop i-1", error(content))
    assert text == (
        "I could not use `stop_instance`: no such instance. Check what you gave and ask me again."
    )
    assert "No he podido" in await told("para la instancia", error(content))


async def test_a_refused_call_is_told_as_such() -> None:
    text = await told("stop i-1", error("It needs the user's consent at level semi."))
    assert text.startswith("The call to `stop_instance` was refused: It needs the user's consent")
    assert "rechazada" in await told("para la instancia", error("needs consent"))


async def test_a_result_that_is_no_json_is_told_as_it_is() -> None:
    turn = ToolTurn("c1", "a_tool", "plain words, no JSON")
    assert await told("what is it?", turn) == "plain words, no JSON"


async def test_a_persons_own_no_is_accepted_in_a_sentence() -> None:
    refused = {"code": "CONSENT_DENIED", "message": "Not run: the user said no. They said: Later."}
    assert await told("stop i-0abc1", error(json.dumps(refused))) == "All right, I did not."
    assert await told("detén i-0abc1", error(json.dumps(refused))) == "De acuerdo, no lo hago."
