"""Fixtures for testing plugins; pytest finds them wherever Puerto is installed.

Imports are in the fixtures, so that other test suites in the same environment load nothing.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from domain.tools.tool_context import ToolContext
    from puerto.testing import FakeClock, HttpDouble, PuertoService, ScriptedModel

pytest.register_assert_rewrite("puerto.testing")  # its contracts fail with the values they saw


@pytest.fixture
def tool_context(request: pytest.FixtureRequest) -> "ToolContext":
    """Return a context, for calling a tool as a plain function.

    It has `puerto_http` and `fake_clock` if the test uses them.
    """
    from puerto.testing import context_for_tests

    return context_for_tests(
        http=_if_used(request, "puerto_http"), clock=_if_used(request, "fake_clock")
    )


@pytest.fixture
def puerto_http() -> "Iterator[HttpDouble]":
    """Yield what answers the HTTP requests of plugins, in `tool_context` and in the service.

    The test fails if a request had no answer, whatever the plugin made of that.
    """
    from puerto.testing import HttpDouble

    double = HttpDouble()
    yield double
    if double.unanswered:
        listed = ", ".join(f"{each.method} {each.url}" for each in double.unanswered)
        pytest.fail(f"puerto_http has no answer to: {listed}", pytrace=False)


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

    `scripted_model` answers if the test uses it, else the offline model; `fake_clock` is its clock,
    and `puerto_http` the HTTP client of its plugins.
    """
    from puerto.testing import running_service

    with running_service(
        tmp_path / "puerto",
        puerto_plugins,
        model=_if_used(request, "scripted_model"),
        clock=_if_used(request, "fake_clock"),
        http=_if_used(request, "puerto_http"),
    ) as service:
        yield service


def _if_used(request: pytest.FixtureRequest, name: str) -> Any:
    """Return a fixture's value if the test uses it, else None."""
    return request.getfixturevalue(name) if name in request.fixturenames else None
