"""Fixtures for tests of plugins. pytest finds them wherever Puerto is installed.

Nothing is loaded before a test asks for it: who does not test a plugin of Puerto's pays nothing.
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
    """Return the context of a call, for calling a tool as a plain function."""
    from puerto.testing import context_for_tests

    return context_for_tests()


@pytest.fixture
def fake_clock() -> "FakeClock":
    """Return a clock that stands still until it is moved; the service of the test goes by it."""
    from puerto.testing import FakeClock

    return FakeClock()


@pytest.fixture
def scripted_model() -> "ScriptedModel":
    """Return a model that plays what the test says; it answers in the service of the test."""
    from puerto.testing import ScriptedModel

    return ScriptedModel()


@pytest.fixture
def puerto_plugins() -> Mapping[str, object]:
    """Return plugins for the service beside the installed ones, by name: to be overridden."""
    return {}


@pytest.fixture
def puerto_service(
    request: pytest.FixtureRequest, tmp_path: Path, puerto_plugins: Mapping[str, object]
) -> "Iterator[PuertoService]":
    """Yield a running service with an HTTP client.

    The offline model answers, or `scripted_model` where the test asks for that.
    """
    from puerto.testing import running_service

    model, clock = (
        request.getfixturevalue(name) if name in request.fixturenames else None
        for name in ("scripted_model", "fake_clock")
    )
    with running_service(tmp_path / "puerto", puerto_plugins, model=model, clock=clock) as service:
        yield service
