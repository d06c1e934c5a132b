"""``puerto chat``: the first tests as a process whose lines come through a pipe."""

import re
import signal
import time
from typing import IO

import pytest

from domain.consents.consent import ConsentStatus
from domain.consents.replies import ConsentReply
from entrypoints.cli.chat.command import Talk
from entrypoints.cli.chat.consulting import AGAIN, MAY_IT_RUN, WHICH, consult
from entrypoints.cli.chat.session import session
from entrypoints.cli.screen import Screen
from tests.entrypoints.cli.conftest import Cassette, Command
from tests.entrypoints.cli.processes import Installation


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


def test_a_preview_is_shown_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"kind": "what", "text": "Close a ticket"}, {"kind": "target", "text": "#7\x1b[2J"}]
    request = {"preview": "Close: close(ticket=7)", "preview_lines": lines, "reason": "semi"}
    Screen().show({"type": "consent_required", "consent_request": request})
    assert capsys.readouterr().out.splitlines() == [
        "? Close: close(ticket=7)",
        "  what: Close a ticket",
        "  target: #7\ufffd[2J",
        "  asked by: semi",
    ]


def test_ctrl_c_stops_the_answer_and_then_leaves(
    installation: Installation, cassette: Cassette
) -> None:
    slow = [{"text": "Let me think. "}, {"delay": 600}, {"text": "Done."}]
    installation.env["PUERTO_CASSETTE"] = cassette(slow, [{"text": "Again."}])
    with installation.started("chat") as process:
        process.write("How long?")
        _read_until("think.", process.output)
        process.signal(signal.SIGINT)
        _read_until("(cancelled)", process.output)
        process.write("And now?")
        _read_until("Again.", process.output)
        process.signal(signal.SIGINT)
        ended = process.end()
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr


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
PRODUCT = re.compile(r"\b391\b")  # as a word: an id may hold these digits


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
    assert not PRODUCT.search(result.stdout)


def test_a_consent_is_refused(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    result = puerto("chat", given=f"{SUM}\nwell\nI would rather not.\n")
    assert result.exit_code == 0, result.stderr
    assert "They said: I would rather not." in result.stdout
    assert not PRODUCT.search(result.stdout)


def test_without_an_answer_nothing_runs(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    result = puerto("chat", given=f"{SUM}\n")
    assert result.exit_code == 0, result.stderr
    assert not PRODUCT.search(result.stdout)


OUTCOME = {"id": "7", "kind": "outcome"}


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("d", ConsentReply(outcome=ConsentStatus.DONE)),
        ("Not done", ConsentReply(outcome=ConsentStatus.NOT_DONE)),
        ("t", ConsentReply(outcome=ConsentStatus.TRY_AGAIN)),
        ("", ConsentReply(approved=False)),
        ("yes", ConsentReply(approved=False)),
    ],
)
def test_what_became_of_an_interrupted_call(said: str, reply: ConsentReply) -> None:
    assert consult(OUTCOME, lambda *_: said, print) == reply


@pytest.mark.parametrize("edit", [False, True])
def test_what_must_be_confirmed_is_typed(*, edit: bool) -> None:
    request = {"id": "7", "kind": "approval", "params": {"to": "m"}, "confirm": ["to"]}
    answers = {MAY_IT_RUN: "e" if edit else "y", AGAIN.format("to"): "typed", WHICH: '{"to": "n"}'}
    reply = consult(request, lambda prompt, _draft="": answers[prompt], print)
    params = {"to": "n"} if edit else None
    assert reply == ConsentReply(approved=True, params=params, confirm={"to": "typed"})


def test_edited_arguments_begin_as_they_were_asked_for_and_may_be_left() -> None:
    request = {"id": "7", "kind": "approval", "params": {"to": "ñ"}, "confirm": []}
    lines = iter(["e", '{"to": ', "[1]", "", "e", '{"to": "m"}'])
    drafts, told = list[str](), list[str]()

    def read(prompt: str, draft: str = "") -> str:
        drafts.append(draft)
        return next(lines)

    reply = consult(request, read, told.append)

    assert reply == ConsentReply(approved=True, params={"to": "m"})
    # Each time the person edits what they wrote before, and after leaving what was asked for.
    assert drafts == ["", '{"to": "ñ"}', '{"to": ', "[1]", "", '{"to": "ñ"}']
    assert told[0].startswith("That is not JSON: Expecting value")
    assert told[1].startswith("Arguments are a JSON object")


def test_what_a_tool_asks_is_answered_field_by_field() -> None:
    schema = {
        "type": "object",
        "required": ["size", "pieces"],
        "properties": {
            "size": {"$ref": "#/$defs/Size", "description": "Of the \x1b[31mshirt."},
            "pieces": {"type": "integer"},
            "gift": {"type": "boolean", "default": False},
            "colours": {"type": "array", "items": {"type": "string"}},
            "note": {"type": "string"},
        },
        "$defs": {"Size": {"enum": ["S", "L"]}},
    }
    request = {"id": "7", "kind": "input", "message": "Which?", "schema": schema}
    lines = iter(["y", "", "L", "2", "", '["red"]', "7"])
    prompts, told = list[str](), list[str]()

    def read(prompt: str, draft: str = "") -> str:
        prompts.append(prompt)
        return next(lines)

    reply = consult(request, read, told.append)

    values = {"size": "L", "pieces": 2, "colours": ["red"], "note": "7"}
    assert reply == ConsentReply(approved=True, values=values)
    assert prompts[1] == prompts[2]
    assert "Of the" in prompts[1]
    assert "S | L" in prompts[1]
    assert "\x1b" not in prompts[1]
    assert prompts[4] == "gift (Enter for false): "
    assert told == ["It needs a value."]


def test_what_a_tool_asks_is_declined() -> None:
    request = {"id": "7", "kind": "input", "message": "Which?", "schema": {"type": "object"}}
    lines = iter(["no", "None of them."])
    assert consult(request, lambda *_: next(lines), print) == ConsentReply(reason="None of them.")


def test_a_question_without_a_form_is_a_yes_or_no() -> None:
    request = {"id": "7", "kind": "another", "message": "Done?"}
    assert consult(request, lambda *_: "yes", print) == ConsentReply(approved=True)


def test_conversations_are_listed_and_gone_on_with(puerto: Command) -> None:
    lines = [SUM, "/new", "What is 5 + 6?", "/open", "/list", "/open 2", "And multiply that by 2?"]
    first = puerto("chat", given="\n".join(lines))
    assert "Which one? /list shows their numbers." in first.stdout
    assert "Going on with: What is 17 * 23?" in first.stdout
    assert "391 * 2 = 782" in first.stdout
    [hint] = [line for line in first.stdout.splitlines() if line.startswith("To go on with it:")]

    last = puerto("chat", "--last", given="And add 1?\n/open nonsense\nHello")
    assert "Going on with: What is 17 * 23?" in last.stdout
    assert "782 + 1 = 783" in last.stdout
    assert "There is no such conversation." in last.stdout

    named = puerto("chat", *hint.split()[-2:], given="And add 1?\n")
    assert "783 + 1 = 784" in named.stdout


def test_the_last_of_none_is_a_new_one(puerto: Command) -> None:
    result = puerto("chat", "--last", given="/list\n")
    assert "There is no conversation yet: a new one begins." in result.stdout
    assert puerto("chat", "--last", "--conversation", "x").exit_code == 2


def test_the_service_goes_on_while_a_person_thinks(installation: Installation) -> None:
    # Its own watchdog would say in the log that the loop was blocked.
    installation.env["LOG_LEVEL"] = "WARNING"
    with installation.started("chat") as process:
        process.write(SUM)
        _read_until("391", process.output)
        time.sleep(2.5)  # longer than the watchdog bears with
        ended = process.end("And multiply that by 2?\n")
    assert "782" in ended.stdout
    assert "loop" not in ended.stderr


@pytest.mark.usefixtures("puerto")
def test_ctrl_c_leaves_the_question_and_not_the_chat(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PUERTO_AUTONOMY", "manual")
    lines = iter([SUM, None, "/new", "/quit"])

    def read(prompt: str, draft: str = "") -> str:
        line = next(lines)
        if line is None:
            assert prompt == MAY_IT_RUN
            raise KeyboardInterrupt
        return line

    with session(None, None, None) as line:
        Talk(line, Screen(), None, read).run()

    shown = capsys.readouterr().out
    assert "(it still waits for a consent: puerto consent list)" in shown
    assert "A new conversation begins." in shown
