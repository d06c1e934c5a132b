"""``puerto demo``, as the README's first command runs it."""

import signal
from pathlib import Path

import pytest

from tests.entrypoints.cli.processes import Installation


@pytest.mark.usefixtures("nothing_yet")
def test_shows_a_conversation_and_ends_well(installation: Installation) -> None:
    installation.env["PUERTO_PROVIDER"] = "openai"  # the environment must not reach it
    result = installation.run("demo")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    for shown in ("tool_call", "tool_result", "17 * 23 = 391", "391 * 2 = 782", "/history"):
        assert shown in result.stdout
    assert result.stdout.index("17 * 23 = 391") < result.stdout.index("391 * 2 = 782")
    assert "puerto serve" in result.stdout
    assert not installation.data.exists()


@pytest.mark.usefixtures("nothing_yet")
def test_can_keep_its_data(installation: Installation) -> None:
    installation.env["TMPDIR"] = str(installation.folder)
    result = installation.run("demo", "--keep")
    assert result.returncode == 0, result.stderr
    _, _, kept = result.stdout.partition("PUERTO_DATA_DIR=")
    folder = Path(kept.split()[0])
    assert (folder / "puerto.db").exists()
    assert [folder] == [path for path in installation.folder.iterdir() if path.is_dir()]


def test_ctrl_c_ends_it_quietly(installation: Installation) -> None:
    with installation.started("demo") as process:
        process.output.readline()
        process.signal(signal.SIGINT)
        ended = process.end()
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
