"""``puerto record``: a stored run, played again elsewhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.cli.conftest import Command

QUESTION = "What is 17 * 23, and what is 5 * 9?"


def asked(puerto: Command, question: str) -> list[dict[str, Any]]:
    """Return the events of an answer."""
    lines = puerto("ask", "--json", question).stdout.splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def told(events: list[dict[str, Any]]) -> list[Any]:
    """Return what a client sees of it, without ids and times."""
    names = ("type", "tool", "params", "result", "status", "stop")
    seen = [
        {name: event[name] for name in names if name in event}
        for event in events
        if event["type"] not in {"chunk", "thinking", "message"}
    ]
    texts = (
        "".join(event["content"] for event in events if event["type"] == kind)
        for kind in ("thinking", "chunk", "message")
    )
    return [*seen, *texts]


def test_a_run_is_played_again_in_another_installation(
    puerto: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = asked(puerto, QUESTION)
    assert sum(event["type"] == "tool_call" for event in before) == 2
    written = puerto("record", before[0]["run_id"], "-o", "run.json")
    assert written.stdout == "Wrote run.json: 2 answers, 2 calls.\n"
    assert puerto("record", before[0]["run_id"]).stdout == Path("run.json").read_text()
    asking = json.loads(Path("run.json").read_text())[0]["pieces"]
    results = [each["result"]["result"] for each in asking if "tool" in each]
    assert [str(each) for each in results] == ["391", "45"]

    monkeypatch.setenv("PUERTO_DATA_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PUERTO_CASSETTE", "run.json")
    assert told(asked(puerto, "Anything.")) == told(before)


def test_what_cannot_be_recorded(
    puerto: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = puerto("record", "01a1f952-c230-7060-92b0-b7ecfa5a3d8d")
    assert (unknown.exit_code, unknown.stderr.splitlines()[-1]) == (
        1,
        "puerto: There is no such run.",
    )
    run_id = asked(puerto, "Hello.")[0]["run_id"]
    nowhere = puerto("record", run_id, "-o", "no/such/folder.json")
    assert nowhere.exit_code == 1
    assert "no/such/folder.json cannot be written: " in nowhere.stderr
