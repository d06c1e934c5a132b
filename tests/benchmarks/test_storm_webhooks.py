"""The storm's eyes for webhooks: they see what is lost, made up, doubled or out of order."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = "01900000-0000-7000-8000-0000000000aa"
BODIES = [
    {"type": "run"},
    {"type": "tool_started", "call_id": "c1"},
    {"type": "tool_finished", "call_id": "c1"},
    {"type": "tool_erred", "call_id": "c2"},  # it never began
    {"type": "done", "status": "completed"},
]
ALL = [(1, "conversation.created"), (3, "tool.executed"), (5, "run.completed")]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that says what is wrong with deliveries of these numbers and types."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "benchmarks"), *sys.path])
    from storm_receiver import Taken
    from storm_rows import Rows
    from storm_webhooks import webhook_violations

    append = {"attempt": 1, "first_number": 1, "bodies": json.dumps(BODIES)}
    rows = Rows({RUN: {"place": 1}}, {RUN: [append]}, {}, {}, {}, [])

    def violations(told: list[tuple[int, str]], *ids: str) -> list[str]:
        taken = []
        for place, (number, type_) in enumerate(told):
            data = {"run_id": RUN, "cursor": f"{RUN[-12:]}-1-{number}"}
            name = ids[place] if ids else f"{number}"
            taken.append(Taken(name, {"type": type_, "data": data}))
        return list(webhook_violations(rows, taken))

    return violations


def test_what_is_whole_is_right_also_when_it_is_told_again(judge: Any) -> None:
    assert judge(ALL) == []
    assert judge([*ALL, ALL[0], ALL[2]]) == []


def test_what_is_wrong_is_seen(judge: Any) -> None:
    assert "never told" in judge(ALL[:2])[0]
    assert "not stored" in judge([*ALL, (4, "tool.executed")])[0]
    assert "told as" in judge([*ALL, ALL[0]], "a", "b", "c", "d")[0]
    assert "out of order" in judge([ALL[0], ALL[2], ALL[1]])[0]
