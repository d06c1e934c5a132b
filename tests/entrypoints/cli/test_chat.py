"""``puerto chat``: the first tests as a process whose lines come through a pipe."""

import signal
from typing import IO

import pytest

from entrypoints.cli.consulting import consult
from tests.entrypoints.cli.conftest import Cassette, Command
from tests.entrypoints.cli.processes import PATIENCE, Installation


def test_a_conversation(installation: Installation) -> None:
    lines = ["What is 17 * 23?", "And multiply that by 2?", "/help", "/dance", "", "/quit", "/new"]
    result = installation.run("chat", given="\n".join(lines))
    assert result.returncode == 0, result.stderr
    shown = result.stdout.splitlines()
    assert '→ calculator {"expression":"17 * 23"}' in shown
    assert '← {"expression":"17 * 23","result":"391","exact":true}' in shown
    assert shown.index("17 * 23 = 391") < shown.index("391 * 2 = 782")
    assert "There is no command /dance. /help shows them." in shown
    assert any(line.startswith("Ctrl-C during an answer") for line in shown)
    assert "A new conversation begins." not in shown
    assert "\x1b" not in result.stdout


def test_ctrl_c_stops_the_answer_and_then_leaves(
    installation: Installation, cassette: Cassette
) -> None:
    slow = [{"text": "Let me think. "}, {"delay": 600}, {"text": "Done."}]
    installation.env["PUERTO_CASSETTE"] = cassette(slow, [{"text": "Again."}])
    with installation.started("chat") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("How long?\n")
        process.stdin.flush()
        _read_until("think.", process.stdout)
        process.send_signal(signal.SIGINT)
        _read_until("(cancelled)", process.stdout)
        process.stdin.write("And now?\n")
        process.stdin.flush()
        _read_until("Again.", process.stdout)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors


def _read_until(text: str, stream: IO[str]) -> None:
    seen = ""
    while text not in seen:
        piece = stream.read(1)
        assert piece, seen
        seen += piece


def test_a_new_conversation_knows_nothing(puerto: Command) -> None:
    result = puerto("chat", given="What is 17 * 23?\n/new\nMultiply that by 2\n")
    assert result.exit_code == 0, result.stderr
    assert "A new conversation begins." in result.stdout
    assert "782" not in result.stdout


def test_an_error_does_not_end_it(
    puerto: Command, monkeypatch: pytest.MonkeyPatch, cassette: Cassette
) -> None:
    failure = {"error": {"reason": "overloaded", "message": "The provider is overloaded."}}
    monkeypatch.setenv("PUERTO_CASSETTE", cassette([failure]))
    result = puerto("chat", "--conversation", "none", given="Hello\n/new\nHello\n")
    assert result.exit_code == 0, result.stderr
    assert "There is no such conversation." in result.stdout
    assert "The provider is overloaded." in result.stdout


def test_what_a_model_says_cannot_command_the_terminal(
    puerto: Command, monkeypatch: pytest.MonkeyPatch, cassette: Cassette
) -> None:
    monkeypatch.setenv("PUERTO_CASSETTE", cassette([{"text": "\x1b[2Jñ \x9b31m"}]))
    result = puerto("chat", given="Hello\n")
    assert "\N{REPLACEMENT CHARACTER}[2Jñ \N{REPLACEMENT CHARACTER}31m" in result.stdout


SUM = "What is 17 * 23?"


def test_a_consent_is_asked_for_and_given(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    result = puerto("chat", given=f"{SUM}\ny\n")
    assert result.exit_code == 0, result.stderr
    shown = result.stdout.splitlines()
    assert any(line.startswith('? calculator(expression="17 * 23")') for line in shown)
    assert "17 * 23 = 391" in shown


def test_a_consent_is_given_to_something_else(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    edits = ["e", "{", "[]", '{"expression": 5}', "e", '{"expression": "2 + 3"}']
    result = puerto("chat", given="\n".join([SUM, *edits]))
    assert result.exit_code == 0, result.stderr
    assert "The edited arguments do not fit" in result.stdout
    assert '← {"expression":"2 + 3","result":"5","exact":true}' in result.stdout.splitlines()
    assert "391" not in result.stdout


def test_a_consent_is_refused(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    result = puerto("chat", given=f"{SUM}\nwell\nI would rather not.\n")
    assert result.exit_code == 0, result.stderr
    assert "They said: I would rather not." in result.stdout
    assert "391" not in result.stdout


def test_without_an_answer_nothing_runs(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    result = puerto("chat", given=f"{SUM}\n")
    assert result.exit_code == 0, result.stderr
    assert "391" not in result.stdout


OUTCOME = {"id": "7", "kind": "outcome"}


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("d", {"outcome": "done"}),
        ("Not done", {"outcome": "not_done"}),
        ("t", {"outcome": "try_again"}),
        ("", {"approved": False}),
        ("yes", {"approved": False}),
    ],
)
def test_what_became_of_an_interrupted_call(said: str, answer: dict[str, object]) -> None:
    assert consult(OUTCOME, lambda _: said) == {"consent_request_id": "7"} | answer
