"""The sampling parameters in a provider's request: the field of each, if the provider has one."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.llm.schemas import Target, compile_tool
from domain.conversations.sampling import TOOL_CHOICES
from domain.models.messages import ModelRequest


@dataclass(frozen=True, slots=True)
class SentParameter:
    """A parameter that is sent: its name, the field of the request, and the field's value."""

    name: str
    field: str
    value: Any


def renamed(
    request: ModelRequest, fields: Mapping[str, str], without: Collection[str]
) -> Iterator[SentParameter]:
    """Yield the parameters that are sent as they are, in these fields, by the parameters' names.

    ``without`` are fields to leave out.
    """
    for name, value in request.sampling.given().items():
        if (field := fields.get(name)) is not None and field not in without:
            yield SentParameter(name, field, value)


def fields_of(sent: Iterable[SentParameter]) -> dict[str, Any]:
    """Return the fields of these parameters, for the body of a request."""
    return {each.field: each.value for each in sent}


def mode_of_choice(request: ModelRequest) -> str | None:
    """Return the tool choice if it names no tool and there are tools; else None."""
    choice = request.sampling.tool_choice
    return choice if choice in TOOL_CHOICES and request.tools else None


def tool_to_call(request: ModelRequest, target: Target) -> str | None:
    """Return the provider's name of the tool to call; None unless the choice names one of them."""
    choice = request.sampling.tool_choice
    if choice in TOOL_CHOICES:
        return None
    named = (tool for tool in request.tools if tool.name == choice)
    return next((compile_tool(tool, target).name for tool in named), None)
