"""Mistakes of the author, told when the function is decorated."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import Field

from domain.tools.tool_context import ToolContext
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.tool import tool
from tests.plugins.samples import Colour, send


def bare(count) -> None:  # type: ignore[no-untyped-def] # the mistake under test
    """Count."""


def starred(*counts: int) -> None:
    """Count."""


def keyworded(**counts: int) -> None:
    """Count."""


def positional(count: int, /) -> None:
    """Count."""


def silent(count: int) -> None: ...


def parameters_only(count: int) -> None:
    """:param count: how far."""


def default_that_does_not_fit(count: int = "three") -> None:  # type: ignore[assignment] # the same
    """Count."""


def default_that_is_a_field(count: int = Field(3, ge=1)) -> None:
    """Count."""


def unknown_type(count: "Missing") -> None:  # type: ignore[name-defined] # noqa: F821 - the same
    """Count."""


def not_json(count: Callable[[], int]) -> None:
    """Count."""


def default_not_json(count: Any = object()) -> None:  # noqa: B008 - the same
    """Count."""


def flawless(count: int) -> None:
    """Count."""


def two_contexts(one: ToolContext, two: ToolContext) -> None:
    """Count."""


def generator(count: int) -> Iterator[int]:
    """Count."""
    yield count


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (bare, "'count' has no type annotation"),
        (starred, r"'\*counts: int' cannot be passed by name"),
        (keyworded, r"'\*\*counts: int' cannot be passed by name"),
        (positional, "cannot be passed by name"),
        (silent, "no docstring"),
        (parameters_only, "no docstring"),
        (default_that_does_not_fit, "default of 'count' does not fit"),
        (default_that_is_a_field, r"'count': write Annotated"),
        (unknown_type, "'Missing' is not defined"),
        (not_json, "no JSON Schema"),
        (default_not_json, "no JSON Schema"),
        (two_contexts, "'one' and 'two' both"),
        (generator, "generator"),
        (Colour, "only a function"),
        (send, "only a function"),
    ],
)
def test_mistakes_in_the_function_are_told_at_once(function: Any, reason: str) -> None:
    with pytest.raises(ToolDefinitionError, match=reason) as caught:
        tool(effect="read", name="counter")(function)
    assert "tool 'counter'" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"effect": "reed"}, "unknown effect 'reed'; the effects are read, write, destructive"),
        ({"effect": "read", "name": "no spaces"}, "a name is"),
        ({"effect": "read", "name": "x" * 65}, "a name is"),
        ({"effect": "read", "name": ""}, "a name is"),
        ({"effect": "read", "name": "trailing\n"}, "a name is"),
        ({"effect": "read", "timeout": 0}, "timeout"),
        ({"effect": "read", "timeout": float("inf")}, "timeout"),
    ],
)
def test_mistakes_in_the_options_are_told_at_once(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ToolDefinitionError, match=reason):
        tool(**options)(flawless)


def count_to(count: int) -> None:
    """Count."""


def test_settings_are_a_list_of_environment_variables() -> None:
    for given, said in (("CRM_TOKEN", "is a list"), (["crm token"], "no environment variable")):
        with pytest.raises(ToolDefinitionError, match=said):
            tool(effect="read", requires=given)(count_to)
    spec = tool(effect="read", requires=["CRM_TOKEN", "CRM_URL", "CRM_TOKEN"])(count_to).spec
    assert spec.requires == ("CRM_TOKEN", "CRM_URL")
