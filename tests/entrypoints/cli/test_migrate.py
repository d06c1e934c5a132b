"""``puerto migrate``."""

from pathlib import Path

import pytest

from tests.entrypoints.cli.conftest import Command


@pytest.mark.usefixtures("nothing_yet")
def test_plans_without_a_trace_then_applies_once(puerto: Command, tmp_path: Path) -> None:
    planned = puerto("migrate", "--plan")
    assert planned.exit_code == 0
    assert planned.stdout.startswith("to apply: 0001_initial\n")
    assert not (tmp_path / "data").exists()
    applied = puerto("migrate")
    assert applied.stdout == planned.stdout.replace("to apply", "applied")
    for again in (puerto("migrate"), puerto("migrate", "--plan")):
        assert (again.exit_code, again.stdout) == (0, "The database is up to date.\n")


def test_a_file_that_is_no_database_is_one_line(
    puerto: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letter").write_text("Dear reader, this is no database. " * 200)
    monkeypatch.setenv("DATABASE_URL", f"sqlite://{tmp_path}/letter")
    result = puerto("migrate")
    assert result.exit_code == 1
    assert result.stderr.startswith("puerto: The database ")
    assert result.stderr.count("\n") == 1
