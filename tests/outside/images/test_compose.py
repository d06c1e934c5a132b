"""`compose.yaml`, as podman-compose reads it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML brings no types

from entrypoints.settings.loading import load_settings
from tests.outside.images.tools import program, run
from tests.support.service import ROOT

pytestmark = pytest.mark.long


def resolved(folder: Path, env: str, status: int = 0) -> str:
    shutil.copy(ROOT / "compose.yaml", folder)
    (folder / ".env").write_text(env)
    return run(program("podman-compose"), "--dry-run", "config", folder=folder, status=status)


@pytest.fixture
def services(tmp_path: Path) -> Any:
    return yaml.safe_load(resolved(tmp_path, "POSTGRES_PASSWORD=0a1b\n"))["services"]


def test_puerto_finds_its_database(services: Any) -> None:
    environment = services["puerto"]["environment"]
    database = load_settings(environment, env_file=None).database
    assert database.url == "postgresql://puerto:0a1b@database/puerto"
    assert services["database"]["environment"]["POSTGRES_PASSWORD"] == "0a1b"
    assert services["puerto"]["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_a_stop_has_the_time_that_runs_may_take(services: Any) -> None:
    puerto = services["puerto"]
    grace = load_settings(puerto["environment"], env_file=None).grace_seconds
    assert puerto["stop_grace_period"] == f"{2 * grace + 15:g}s"


def test_the_container_has_no_right_that_it_does_not_need(services: Any) -> None:
    puerto = services["puerto"]
    assert puerto["read_only"]
    assert puerto["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in puerto["ports"])
    assert "ports" not in services["database"]


def test_without_a_password_nothing_starts(tmp_path: Path) -> None:
    printed = resolved(tmp_path, "", status=1)
    assert "POSTGRES_PASSWORD" in printed
    assert "is missing in .env" in printed
