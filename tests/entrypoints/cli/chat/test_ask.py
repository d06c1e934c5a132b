"""``puerto ask`` with a service inside."""

import json

import pytest

from tests.entrypoints.cli.conftest import Cassette, Command


def test_prints_the_answer_and_nothing_else(puerto: Command) -> None:
    result = puerto("ask", "What is 17 * 23?")
    assert (result.exit_code, result.stdout) == (0, "17 * 23 = 391\n")
    assert "log in as admin" in result.stderr
    assert puerto("ask", "What is 2 + 2?").stderr == ""


def test_prints_events_as_clients_see_them_and_goes_on(puerto: Command) -> None:
    lines = puerto("ask", "--json", "What is 6 * 7?").stdout.splitlines()
    first = [json.loads(line) for line in lines]
    assert first[0]["type"] == "run"
    assert [event["tool"] for event in first if event["type"] == "tool_call"] == ["calculator"]
    assert first[-1]["type"] == "done"
    conversation = first[0]["conversation_id"]
    result = puerto("ask", "And multiply that by 2?", "--conversation", conversation)
    assert "84" in result.stdout


def test_a_failed_run_is_told_on_stderr(
    puerto: Command, cassette: Cassette, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = {"error": {"reason": "overloaded", "message": "The provider is overloaded."}}
    monkeypatch.setenv("PUERTO_CASSETTE", cassette([failure]))
    result = puerto("ask", "Are you there?")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == "puerto: The provider is overloaded."
    as_events = puerto("ask", "--json", "Are you there?")
    assert as_events.exit_code == 1
    assert [json.loads(line)["type"] for line in as_events.stdout.splitlines()][-2:] == [
        "error",
        "done",
    ]


def test_an_unknown_conversation_is_one_line(puerto: Command) -> None:
    result = puerto("ask", "Hello", "--conversation", "nowhere")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("puerto: There is no such conversation")


def test_a_provider_without_its_key_is_one_line(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUERTO_PROVIDER", "openai")
    result = puerto("ask", "Hello")
    assert result.exit_code == 2
    assert "OPENAI_API_KEY" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "options", [("--token", "x"), ("--login", "x"), ("--url", "http://localhost")]
)
def test_options_that_do_not_go_together(puerto: Command, options: tuple[str, ...]) -> None:
    result = puerto("ask", "Hello", *options)
    assert result.exit_code == 2
    assert "--url" in result.stderr


def test_a_run_that_waits_says_how_to_answer(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    result = puerto("ask", "--json", "What is 17 * 23?")
    assert result.exit_code == 3
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert events[-1]["status"] == "waiting_consent"
    line = result.stderr.splitlines()[-1]
    assert line.startswith("puerto: the run waits for your consent: calculator(")
    answer = json.loads(line.partition("POST /api/chat/consent ")[2])
    (request,) = [e["consent_request"] for e in events if e["type"] == "consent_required"]
    assert answer == {"consent_request_id": request["id"], "approved": True}
