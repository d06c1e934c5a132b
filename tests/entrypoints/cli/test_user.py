"""``puerto user``."""

import json

import pytest

from tests.entrypoints.cli.conftest import Command

ADD = ("user", "add", "ada", "--email", "ada@example.com")


def test_adds_and_lists(puerto: Command) -> None:
    given = puerto(*ADD, "--role", "operator", "--password-stdin", given="a good password\n")
    assert (given.exit_code, given.stdout) == (0, "Made ada (operator).\n")
    asked = puerto(
        "user", "add", "bob", "--email", "bob@example.com", given="another one\nanother one\n"
    )
    assert asked.exit_code == 0
    assert "another one" not in asked.output
    header, *rows = [line.split() for line in puerto("user", "list").stdout.splitlines()]
    assert header == ["NAME", "ROLE", "STATE", "SINCE", "SEEN", "EMAIL"]
    assert [(row[0], row[1], row[5]) for row in rows] == [
        ("admin", "admin", "admin@localhost"),
        ("ada", "operator", "ada@example.com"),
        ("bob", "user", "bob@example.com"),
    ]


def test_a_generated_password_is_shown_and_works(puerto: Command) -> None:
    result = puerto(*ADD, "--generate")
    password = result.stdout.splitlines()[-1].removeprefix("Password (shown only now): ")
    assert len(password) >= 20
    changed = puerto("user", "passwd", "ada@example.com", "--generate")
    assert changed.exit_code == 0
    assert password not in changed.stdout


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        ((*ADD, "--password-stdin"), "short\n", "at least 8 characters"),
        ((*ADD, "--password-stdin", "--generate"), "", "exclude each other"),
        (("user", "add", "a b", "--email", "ada@example.com"), "", "no spaces"),
        (("user", "add", "ada", "--email", "nobody"), "", "not an e-mail address"),
        (("user", "add", "ada", "--email", "a@b.example", "--role", "king"), "", "king"),
    ],
)
def test_refuses(puerto: Command, arguments: tuple[str, ...], given: str, words: str) -> None:
    result = puerto(*arguments, given=given)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_taken_name_and_an_unknown_one(puerto: Command) -> None:
    assert puerto(*ADD, "--generate").exit_code == 0
    again = puerto(*ADD, "--generate")
    assert again.exit_code == 1
    assert again.stderr == "puerto: This user name is taken.\n"
    unknown = puerto("user", "passwd", "nobody", "--generate")
    assert unknown.exit_code == 1
    assert unknown.stderr == "puerto: There is no user nobody.\n"


def test_a_role_is_changed_and_the_last_administrator_stays(puerto: Command) -> None:
    assert puerto(*ADD, "--generate").exit_code == 0
    for command in (["role", "admin", "user"], ["disable", "admin"], ["delete", "admin", "--yes"]):
        refused = puerto("user", *command)
        assert refused.exit_code == 1
        assert "the last administrator: make another one first" in refused.stderr
    assert puerto("user", "role", "ada", "admin").stdout == "ada is admin now.\n"
    assert puerto("user", "role", "admin", "user").exit_code == 0
    roles = {each["name"]: each["role"] for each in listed(puerto)}
    assert roles == {"admin": "user", "ada": "admin"}


def test_a_user_is_disabled_and_enabled(puerto: Command) -> None:
    assert puerto(*ADD, "--generate").exit_code == 0
    assert "puerto user enable ada" in puerto("user", "disable", "ada").stdout
    assert [each["state"] for each in listed(puerto)] == ["active", "disabled"]
    assert puerto("user", "enable", "ada").exit_code == 0
    assert [each["state"] for each in listed(puerto)] == ["active", "active"]


def test_a_user_is_deleted_after_a_question(puerto: Command) -> None:
    assert puerto(*ADD, "--generate").exit_code == 0
    assert puerto("user", "delete", "ada", given="n\n").exit_code == 1
    assert len(listed(puerto)) == 2
    assert puerto("delete", "user", "ada", given="y\n").exit_code == 0
    assert [each["name"] for each in listed(puerto)] == ["admin"]


def test_a_user_is_logged_out_and_gets_a_token_for_a_new_password(puerto: Command) -> None:
    assert puerto(*ADD, "--generate").exit_code == 0
    assert puerto("user", "logout", "ada").stdout == "Ended all sessions of ada.\n"
    token = puerto("user", "reset", "ada@example.com").stdout.strip()
    assert len(token) == 43
    assert puerto("user", "reset", "nobody").exit_code == 1


def listed(puerto: Command) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(puerto("user", "list", "--json").stdout)
    return found
