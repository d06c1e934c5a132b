"""``puerto user``."""

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
    rows = [line.split() for line in puerto("user", "list").stdout.splitlines()]
    assert [(row[0], row[1], row[3]) for row in rows] == [
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
