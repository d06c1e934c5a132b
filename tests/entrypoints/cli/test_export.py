"""``puerto export``."""

import json
import os
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.entrypoints.cli.conftest import Command


def test_everything_of_a_user_is_in_one_file(puerto: Command, tmp_path: Path) -> None:
    assert puerto("ask", "What is 17 * 23?").exit_code == 0
    assert puerto("user", "add", "ada", "--email", "ada@x.org", "--generate").exit_code == 0

    result = puerto("export", "user", "admin")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("admin.zip has everything of admin (")
    archive = tmp_path / "admin.zip"
    if os.name == "posix":
        assert archive.stat().st_mode & 0o777 == 0o600
    with ZipFile(archive) as found:
        assert found.testzip() is None
        assert {"users.jsonl", "messages.jsonl", "run_events.jsonl"} <= set(found.namelist())
        messages = [json.loads(line) for line in found.read("messages.jsonl").splitlines()]
        whole = b"".join(map(found.read, found.namelist()))
    messages.sort(key=lambda each: int(each["number"]))
    assert messages[0]["content"] == "What is 17 * 23?"
    assert "391" in messages[1]["content"]
    assert b"ada@x.org" not in whole
    assert b"argon2" not in whole


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "no user nobody"),
        (("admin", "there.zip"), "there.zip exists already"),
        (("admin", "no/folder.zip"), "cannot be made"),
    ],
)
def test_refuses(puerto: Command, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "there.zip").write_text("kept")
    result = puerto("export", "user", *arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert (tmp_path / "there.zip").read_text() == "kept"
