"""Schemathesis over the OpenAPI document: all phases, all checks, nothing found."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service import RunningService

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
EXAMPLES = 40
SEED = 2026  # the same attack each time; another seed is another attack, for a look by hand


@pytest.mark.long
def test_nothing_is_found(tmp_path: Path) -> None:
    clouds = "aws,azure,gcp"  # an attack on the configuration must not reach out to them
    with RunningService(LOG_LEVEL="WARNING", PUERTO_PLUGINS_BLOCKED=clouds) as service:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                *("--config-file", CONFIGURATION),
                *("run", f"{service.url}/openapi.json", "--no-color"),
                *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
                *("--max-examples", str(EXAMPLES), "--continue-on-failure", "--no-shrink"),
                *("--seed", str(SEED), "--generation-deterministic"),
            ],
            cwd=tmp_path,
            env=os.environ | {"PUERTO_PASSWORD": service.password, "PUERTO_HOOKS": str(HOOKS)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"(\d{3,}) generated, \1 passed", done.stdout), done.stdout
        assert service.call("GET", "/api/live") == {"status": "alive"}
        assert "Traceback" not in service.log
