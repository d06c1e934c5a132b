"""The example plugin, installed as a stranger's package would be, and used."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "puerto-plugin-dice"

USE = """
import asyncio, json, os
from datetime import UTC, datetime
from domain.accounts.users import Role, User
from domain.plugins.settings import CurrentSettings
from domain.tools.tool_context import ToolContext
from plugins.host.host import PluginHost

async def search(text, limit):
    return []

async def main():
    settings = CurrentSettings(os.environ)
    host = PluginHost(settings=settings)
    host.discover()
    [plugin] = [info for info in host.plugins() if info.name == "dice"]
    user = User("u1", "ada@example.org", "ada", "Ada", Role.USER, datetime.now(UTC))
    context = ToolContext(
        user, "call-1", search, read_settings=lambda: settings.value("dice")
    )
    roll, save = host.get("roll_dice"), host.get("save_roll")
    rolled = await roll.run(roll.check({"count": 3, "seed": 1}), context)
    saved = await save.run(save.check({"total": rolled["total"], "label": "start"}), context)
    print(json.dumps({
        "plugin": [plugin.state, plugin.version, plugin.distribution, plugin.reason],
        "tools": plugin.tools,
        "effects": [roll.spec.effect, save.spec.effect],
        "rolled": rolled,
        "saved": saved,
    }))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's folder, where building it leaves nothing behind."""
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("dice") / "src", ignore=ignored))


@pytest.fixture(scope="module")
def target(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which it is installed."""
    folder = tmp_path_factory.mktemp("installed")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir"]
    run("-m", "pip", "install", "--quiet", *offline, "--target", str(folder), str(copy))
    return folder


def run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_found_by_its_entry_point_and_used(target: Path, tmp_path: Path) -> None:
    paths = os.pathsep.join([str(target), str(ROOT)])
    used = json.loads(run("-c", USE, PYTHONPATH=paths, DICE_FOLDER=str(tmp_path)))
    assert used["plugin"] == ["active", "0.1.0", "puerto-plugin-dice", ""]
    assert used["tools"] == ["roll_dice", "save_roll"]
    assert used["effects"] == ["read", "write"]
    assert len(used["rolled"]["rolls"]) == 3
    assert used["saved"]["user"] == "ada"
    assert json.loads((tmp_path / "rolls.jsonl").read_text()) == used["saved"]


def test_its_own_tests_pass(target: Path, copy: Path) -> None:
    paths = os.pathsep.join([str(target), str(ROOT)])
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(copy),
        "-c",
        str(copy / "pyproject.toml"),
    ]
    told = run("-m", "pytest", *options, str(copy / "tests"), PYTHONPATH=paths)
    assert " passed" in told
