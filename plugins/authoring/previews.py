"""The function that makes the preview of a tool's calls: validation, and how it is called."""

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.tools.preview import Preview
from domain.tools.tool_context import ToolContext
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.parameters import Parameters

PreviewFunction = Callable[..., Preview | str | Awaitable[Preview | str]]
"""Takes arguments of the tool by name, and the context if it asks for it; sync or async."""

_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Previewer:
    """The preview function of a tool; ``names`` are the tool's arguments that it takes."""

    function: PreviewFunction
    names: tuple[str, ...]
    context: str | None

    def arguments(self, values: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        """Return the function's keyword arguments from all typed arguments of the call."""
        chosen = {name: values[name] for name in self.names}
        return chosen if self.context is None else chosen | {self.context: context}


def read_previewer(function: PreviewFunction | None, parameters: Parameters) -> Previewer | None:
    """Return the validated preview function of a tool with these parameters, if there is one.

    Raises:
        ToolDefinitionError: it is no function, or takes what the tool does not have.

    """
    if function is None:
        return None
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        raise ToolDefinitionError("preview is a function of the tool's arguments")
    try:
        hints = typing.get_type_hints(function)
    except NameError as error:
        raise ToolDefinitionError(f"preview: an annotation cannot be resolved: {error}") from error
    known = {field.alias for field in parameters.model.model_fields.values()}
    names, context = list[str](), None
    for name, parameter in inspect.signature(function).parameters.items():
        if hints.get(name) is ToolContext:
            context = name
        elif parameter.kind in _BY_NAME and name in known:
            names.append(name)
        else:
            listed = ", ".join(sorted(map(str, known))) or "none"
            raise ToolDefinitionError(
                f"preview: '{parameter}' is no argument of the tool, nor a ToolContext "
                f"(its arguments: {listed})"
            )
    return Previewer(function, tuple(names), context)
