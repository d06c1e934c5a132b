"""The ``@tool`` decorator, which makes a tool of a typed function and its docstring."""

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, Literal, ParamSpec, TypeVar

from typing_extensions import override

from domain.shared.errors import ToolError, ToolFailed
from domain.shared.json_values import TooLarge, storable
from domain.shared.text import shorten
from domain.shared.untrusted import contained, in_short
from domain.tools.preview import Preview
from domain.tools.tool import Effect, Tool, ToolSpec
from domain.tools.tool_context import ToolContext
from plugins.authoring.docstrings import read_docstring
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.parameters import Parameters, read_parameters
from plugins.authoring.previews import Previewer, PreviewFunction, read_previewer
from plugins.authoring.results import ResultType, read_result_type
from plugins.authoring.streams import collect
from plugins.authoring.threads import Threads

TITLE_LENGTH: Final = 100
TOOL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_SETTING: Final = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class FunctionTool(Tool, Generic[P, R]):
    """A `Tool` made of a function; it can still be called as that function, in tests."""

    function: Callable[P, R]
    spec: ToolSpec = field()  # else the default is the property of the protocol
    parameters: Parameters
    result_type: ResultType = field(default_factory=partial(ResultType, None), compare=False)
    previewer: Previewer | None = None
    threads: Threads = field(default_factory=Threads, repr=False, compare=False)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, without any checks."""
        return self.function(*args, **kwargs)

    @override
    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as JSON, with defaults filled in.

        They are validated again when the tool runs, so an author's validator must accept its own
        result unchanged.

        Raises:
            InvalidArguments: they do not match the schema.

        """
        return self.parameters.check(arguments)

    @override
    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Call the function with typed values, and return its result as JSON.

        Artifacts stay in it as they are. A function that is not async runs in a thread. What an
        async generator yields is shown as it comes; the result is the whole.

        Raises:
            InvalidArguments: the arguments do not match the schema.
            ToolFailed: the function raised, or its result has no JSON form. Subclasses of
                `ToolError` that it raises are not wrapped.
            TooLarge: the result is too large to be stored.

        """
        values = self.parameters.values(arguments, context)
        name = self.spec.name
        try:
            with contained():
                result = await self._result(values, context)
                return await self.result_type.to_json(
                    result, lambda why: context.log.warning("%s: %s", name, why)
                )
        except (ToolError, TooLarge):
            raise
        except Exception as error:
            context.log.exception("Tool %s failed", name)
            raise ToolFailed(f"{name} failed: {in_short(error, context.secrets.hide)}") from error

    async def preview(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Preview | str | None:
        """Return what the preview function returns for this call; None if there is none.

        Raises:
            InvalidArguments: the arguments do not match the schema.
            Exception: whatever the function raises.

        """
        if self.previewer is None:
            return None
        values = self.parameters.values(arguments, context)
        given: Preview | str | None = await self._call(
            self.previewer.function, self.previewer.arguments(values, context)
        )
        return given

    async def _result(self, values: Mapping[str, Any], context: ToolContext) -> Any:
        function: Callable[..., Any] = self.function
        if not inspect.isasyncgenfunction(function):
            return await self._call(function, values)
        is_text = self.result_type.schema == {"type": "string"}
        stream = function(**values)
        return await collect(stream, context.stream_output, nothing="" if is_text else None)

    async def _call(self, function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(**values)
        result = await self.threads.run(self.spec.name, partial(function, **values))
        return await result if inspect.isawaitable(result) else result


EffectName = Literal["read", "write", "destructive"]
"""An `Effect` as its text, which a type checker can check as well."""


def tool(
    *,
    effect: Effect | EffectName,
    name: str | None = None,
    idempotent: bool = False,
    open_world: bool = False,
    timeout: float = 30.0,
    category: str = "general",
    requires: Sequence[str] = (),
    title: str = "",
    preview: PreviewFunction | None = None,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]:
    """Make a tool of a typed function: sync, async, or an async generator.

    What a generator yields is shown as it comes; the result is the whole: joined if all of it is
    text, else a list.

    The schema comes from the annotations (anything that pydantic knows: ``Literal``, enums,
    dates, models, ``Annotated[int, Field(ge=1)]``), the descriptions from the docstring
    (Google, NumPy or reST style), those of nested models included. A parameter annotated
    `ToolContext` is given the context of the call, and the model does not see it.

    Args:
        effect: what a call does to the world: ``read``, ``write`` or ``destructive``.
        name: the tool's name, if not the function's.
        idempotent: whether a call made again after a crash, however late, does no more than it
            did: because what it reaches knows it by `ToolContext.call_id`, say. To set the same
            value again is not enough: others may have changed it since.
        open_world: whether the tool reaches things outside this service.
        timeout: how long a call may take, in seconds.
        category: where lists of tools show it.
        requires: the environment variables that it cannot work without, such as ``CRM_TOKEN``:
            where one is missing the tool is off. `ToolContext.secrets` holds them. It is the short
            form for a variable of one tool; `Registry.use_settings` declares a plugin's settings.
        title: the tool's name for people, such as ``Close a ticket``.
        preview: a function, sync or async, that says what a call will do, for the person who is
            asked to approve it: a `Preview` or a text. It takes any of the tool's arguments, by
            name, and a `ToolContext` if it is annotated so. It must have no effect.

    Raises:
        ToolDefinitionError: the function cannot be a tool as it stands.

    """

    def decorate(function: Callable[P, R]) -> FunctionTool[P, R]:
        tool_name: str = name if name is not None else getattr(function, "__name__", "")
        try:
            _require_plain(function)
            docstring = read_docstring(inspect.getdoc(function) or "")
            parameters = read_parameters(function, docstring.parameters)
            previewer = read_previewer(preview, parameters)
            result_type = read_result_type(function)
            spec = ToolSpec(
                name=_valid_name(tool_name),
                description=_valid_description(docstring.description),
                parameters=parameters.schema(),
                effect=_effect(effect),
                idempotent=idempotent,
                open_world=open_world,
                category=category,
                timeout=_valid_timeout(timeout),
                requires=_valid_settings(requires),
                title=_valid_title(title),
                output_schema=result_type.schema,
                confirm=parameters.confirm,
            )
        except ToolDefinitionError as error:
            module = getattr(function, "__module__", "?")
            raise ToolDefinitionError(f"tool {tool_name!r} in {module}: {error}") from error
        return FunctionTool(function, spec, parameters, result_type, previewer)

    return decorate


def _require_plain(function: Callable[..., Any]) -> None:
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        raise ToolDefinitionError("only a function can be a tool")
    if inspect.isgeneratorfunction(function):
        raise ToolDefinitionError("a generator cannot be a tool, unless it is async")


def _valid_description(description: str) -> str:
    if not description:
        raise ToolDefinitionError(
            "there is no docstring; its first lines tell the model what the tool is for"
        )
    return description


def _valid_name(name: str) -> str:
    if TOOL_NAME.fullmatch(name) is None:
        raise ToolDefinitionError(
            "a name is 1 to 64 letters, digits, '_' and '-', and begins with a letter or '_'"
        )
    return name


def _effect(effect: str) -> Effect:
    try:
        return Effect(effect)
    except ValueError as error:
        known = ", ".join(Effect)
        raise ToolDefinitionError(f"unknown effect {effect!r}; the effects are {known}") from error


def _valid_timeout(timeout: float) -> float:
    if not (timeout > 0 and math.isfinite(timeout)):
        raise ToolDefinitionError(f"the timeout is a number of seconds above 0, not {timeout!r}")
    return float(timeout)


def is_title(title: Any) -> bool:
    """Tell whether this is one line of at most `TITLE_LENGTH` characters."""
    return isinstance(title, str) and title == shorten(storable(title), TITLE_LENGTH)


def _valid_title(title: str) -> str:
    if not is_title(title):
        raise ToolDefinitionError(f"a title is one line of at most {TITLE_LENGTH} characters")
    return title


def _valid_settings(names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise ToolDefinitionError(f"requires is a list: requires=[{names!r}]")
    for name in names:
        if _SETTING.fullmatch(str(name)) is None:
            raise ToolDefinitionError(
                f"{name!r} in requires is no environment variable such as 'CRM_TOKEN'"
            )
    return tuple(dict.fromkeys(names))
