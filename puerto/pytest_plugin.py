"""Fixtures for testing plugins; pytest finds them wherever Puerto is installed.

Imports are in the fixtures, so that other test suites in the same environment load nothing.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from domain.tools.tool import ToolContext
    from puerto.testing import FakeClock, PuertoService, ScriptedModel

pytest.register_assert_rewrite("puerto.testing")  # its contracts fail with the values they saw


@pytest.fixture
def tool_context() -> "ToolContext":
    """Return a context, for calling a tool as a plain function."""
    from puerto.testing import context_for_tests

    return context_for_tests()


@pytest.fixture
def fake_clock() -> "FakeClock":
    """Return a clock that moves only when told to. The test's service uses it."""
    from puerto.testing import FakeClock

    return FakeClock()


@pytest.fixture
def scripted_model() -> "ScriptedModel":
    """Return a model that plays what the test says. The test's service uses it."""
    from puerto.testing import ScriptedModel

    return ScriptedModel()


@pytest.fixture
def puerto_plugins() -> Mapping[str, object]:
    """Return further plugins for the service, by name. Override it; by default there are none."""
    return {}


@pytest.fixture
def puerto_service(
    request: pytest.FixtureRequest, tmp_path: Path, puerto_plugins: Mapping[str, object]
) -> "Iterator[PuertoService]":
    """Yield a running service with the installed plugins and an HTTP client.

    `scripted_model` answers if the test uses it, else the offline model; `fake_clock` likewise.
    """
    from puerto.testing import running_service

    model, clock = (
        request.getfixturevalue(name) if name in request.fixturenames else None
        for name in ("scripted_model", "fake_clock")
    )
    with running_service(tmp_path / "puerto", puerto_plugins, model=model, clock=clock) as service:
        yield service
