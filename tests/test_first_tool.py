"""The tutorial "Your first tool", typed from top to bottom in an environment of its own."""

import os
import re
import subprocess
import sysconfig
import venv
from pathlib import Path
from typing import Final

import pytest

from tests.support.pages import ROOT, blocks_of

TUTORIAL: Final = ROOT / "docs" / "tutorials" / "your-first-tool.md"
PROGRAMS: Final = {
    "puerto": "from puerto.__main__ import main",
    "pip": "from pip._internal.cli.main import main",
    "pytest": "from pytest import main",
}
KEPT: Final = ("HOME", "LANG", "LC_ALL", "TMPDIR")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment that has what this one has, and into which packages can be installed."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    shared = sysconfig.get_path("purelib")
    Path(packages, "shared.pth").write_text(f"import site; site.addsitedir({shared!r})\n")
    for name, imported in PROGRAMS.items():
        program = folder / "bin" / name
        program.write_text(f"#!{folder}/bin/python\n{imported}\nraise SystemExit(main())\n")
        program.chmod(0o755)
    return folder


@pytest.mark.long  # a dozen programs one after the other; test_example_plugin.py is it in small
def test_the_tutorial_works_as_it_stands(environment: Path, tmp_path: Path) -> None:
    blocks = blocks_of(TUTORIAL)
    assert {block.language for block in blocks} == {"bash", "text"}
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        ["bash", "-eu", "-c", "".join(each.text for each in blocks if each.language == "bash")],
        cwd=tmp_path,
        env=kept
        | offline
        | {
            "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round
            "PYTEST_ADDOPTS": "-p no:schemathesis -p no:asyncio",  # a second at each start
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rest = done.stdout
    for block in blocks:
        for line in block.text.splitlines() if block.language == "text" else ():
            found = re.search(r"\s+".join(map(re.escape, line.split())), rest)
            assert found is not None, f"{line!r} is not in what follows:\n{rest}"
            rest = rest[found.end() :]
