"""The five packages, and what they find where they are used."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tests.support.authorization_server import CLIENT

FOLDER: Final = Path(__file__).parent
NAMES: Final = ("tickets", "warehouse", "rhymer", "custodian", "greenhouse")
ROWS: Final = 3000


def source(name: str) -> str:
    """Return the file of a plugin, from `FOLDER`."""
    return f"{name}/puerto_plugin_{name}.py"


def module(name: str) -> ModuleType:
    """Import the module of a plugin, uninstalled."""
    spec = spec_from_file_location(f"puerto_plugin_{name}", FOLDER / source(name))
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def install(folder: Path) -> Path:
    """Have pip install all five below a folder; return where."""
    sources, installed = shutil.copytree(FOLDER, folder / "sources"), folder / "installed"
    options = ["--no-deps", "--no-build-isolation", "--no-index", "-q", "--target", str(installed)]
    packages = [str(sources / name) for name in NAMES]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *packages], check=True)
    return installed


def settings_in(folder: Path, desk: str) -> dict[str, str]:
    """Make the database of the warehouse; return the settings of all five."""
    database = folder / "goods.db"
    with closing(sqlite3.connect(database)) as goods, goods:
        goods.execute("CREATE TABLE goods (number INTEGER, name TEXT)")
        rows = [(number, f"nail of {number} mm") for number in range(ROWS)]
        goods.executemany("INSERT INTO goods VALUES (?, ?)", rows)
    return {
        "TICKETS_URL": desk,
        "TICKETS_CLIENT_ID": CLIENT[0],
        "TICKETS_CLIENT_SECRET": CLIENT[1],
        "WAREHOUSE_DSN": f"file:{database}?mode=ro",
        "CUSTODIAN_FILE": str(folder / "audit"),
        "CUSTODIAN_FROZEN_TICKETS": "[8]",
    }


def audit(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit").read_text().splitlines()]
