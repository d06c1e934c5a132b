"""Clients that others' generators make of our OpenAPI document: they compile, and they talk.

``.ci/clients`` installs the generators.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.service import RunningService

CLIENTS = Path(__file__).with_name("clients")
PYTHON = CLIENTS / ".venv" / "bin"
NODE = CLIENTS / "node_modules" / ".bin"
PRINTED = ("17 * 23 = 391", "391 * 2 = 782", "NOT_FOUND")

pytestmark = pytest.mark.long


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    """Run a command that succeeds and warns of nothing; return what it prints."""
    path = {"PATH": f"{PYTHON}:/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=folder, env=path | variables, capture_output=True, text=True, check=False
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "warning" not in printed.lower(), printed
    return printed


def needs(program: Path) -> None:
    if not program.exists():
        pytest.skip(f"{program} is missing: .ci/clients installs it")


def test_a_python_client_is_typed_and_holds_a_conversation(tmp_path: Path) -> None:
    generator = PYTHON / "openapi-python-client"
    needs(generator)
    with RunningService() as service:
        document = f"{service.url}/openapi.json"
        package: list[str | Path] = ["--meta", "none", "--output-path", tmp_path / "puerto_client"]
        run([generator, "generate", "--url", document, *package], tmp_path)
        for name in ("conversation.py", "mypy.ini"):
            shutil.copy(CLIENTS / name, tmp_path)
        run([PYTHON / "mypy", "conversation.py", "puerto_client"], tmp_path)
        printed = run([PYTHON / "python", "conversation.py", service.url], tmp_path)

    assert all(each in printed for each in PRINTED), printed


def test_a_typescript_client_is_typed_and_holds_a_conversation(tmp_path: Path) -> None:
    needs(NODE / "openapi-typescript")
    for name in ("conversation.ts", "package.json", "tsconfig.json"):
        shutil.copy(CLIENTS / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(CLIENTS / "node_modules")
    with RunningService() as service:
        schema = f"{service.url}/openapi.json"
        run([NODE / "openapi-typescript", schema, "-o", "schema.d.ts"], tmp_path)
        run([NODE / "tsc", "-p", "."], tmp_path)
        printed = run(["node", "built/conversation.js"], tmp_path, PUERTO=service.url)

    assert all(each in printed for each in (*PRINTED, "completed")), printed
