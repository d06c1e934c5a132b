"""Admission of plugins' tools: validation of a tool, and the wrapper through which it is called."""

import asyncio
import inspect
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from types import FrameType
from typing import Any, Final, TypeVar

from typing_extensions import override

from domain.execution.results import not_kept
from domain.execution.tool_calls import ARGUMENTS_SIZE
from domain.plugins.places import place_of_function
from domain.plugins.timings import CallTimes
from domain.shared.errors import InvalidArguments, ToolError, ToolFailed
from domain.shared.json_values import TooLarge, require_shallow, storable
from domain.shared.untrusted import contained, in_short
from domain.tools.error_fields import details_of, message_of
from domain.tools.preview import Preview
from domain.tools.tool import Abridged, Previewed, Tool, ToolSpec
from domain.tools.tool_context import ToolContext
from plugins.authoring.errors import ToolDefinitionError
from plugins.authoring.json_values import as_json, as_json_apart
from plugins.authoring.streams import collect
from plugins.authoring.threads import Threads
from plugins.authoring.tool import FunctionTool
from plugins.containment.acting import HANDING_OVER, acting, watched
from plugins.host.specifications import problem_of, schema_problem

STUBBORN_SECONDS: Final = 5.0  # for a cancelled tool to clean up

_log: Final = logging.getLogger(__name__)
_PREVIEWING: Final = Threads()


@dataclass(frozen=True, slots=True)
class AdmittedTool(Tool, Abridged, Previewed):
    """A plugin's tool with a validated copy of its specification, which names the plugin.

    A tool need not be a decorated function, so its results are validated as well. ``given`` is
    the specification as the tool itself has it. ``calls`` and ``previews`` are its timings.
    """

    spec: ToolSpec = field()  # else the default is the property of the protocol
    tool: Tool
    given: ToolSpec | None = field(default=None, repr=False, compare=False)
    calls: CallTimes = field(default_factory=CallTimes, repr=False, compare=False)
    previews: CallTimes = field(default_factory=CallTimes, repr=False, compare=False)

    @property
    def where(self) -> str:
        """The place of the tool's function in its source; empty if it has none."""
        return place_of_tool(self.tool)

    @property
    def _gives_json(self) -> bool:
        """Whether the tool's `run` normalizes the result, as that of `FunctionTool` does."""
        return type(self.tool) is FunctionTool

    @override
    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Let the tool validate the arguments, and return them as JSON.

        Raises:
            InvalidArguments: they do not match the schema, or the tool's `check` failed.

        """
        try:
            require_shallow(arguments)
            with acting(self.spec.plugin, self._label):
                given = dict(self.tool.check(arguments))
            require_shallow(given)
            checked: dict[str, Any] = as_json(given, ARGUMENTS_SIZE)
        except InvalidArguments as error:
            raise _sanitized(error) from error
        except BaseException as error:
            raise InvalidArguments(f"The arguments cannot be checked: {in_short(error)}") from error
        return checked

    @override
    def whole_parameters(self) -> Mapping[str, Any]:
        """Return the schema of all arguments: the unabridged one, if the tool has such.

        Raises:
            ToolFailed: the tool's `whole_parameters` failed.

        """
        if not (self.spec.is_abridged and isinstance(self.tool, Abridged)):
            return self.spec.parameters
        try:
            whole: Mapping[str, Any] = as_json(dict(self.tool.whole_parameters()))
        except BaseException as error:
            raise ToolFailed(f"{self.spec.name} has no schema: {in_short(error)}") from error
        return whole

    @override
    async def preview(
        self, arguments: Mapping[str, Any], context: ToolContext
    ) -> Preview | str | None:
        """Return the tool's own preview of a call, unchecked; None if it has none.

        A ``preview`` that is not async is given the arguments alone, in a thread.

        Raises:
            Exception: whatever the plugin's code raised.

        """
        if isinstance(self.tool, FunctionTool) and self.tool.previewer is None:
            return None
        work = partial(self._preview, arguments, context)
        began = perf_counter()
        try:
            return await watched(self.spec.plugin, self._label, work)
        finally:
            self.previews.note(perf_counter() - began)

    async def _preview(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        function: Any = getattr(self.tool, "preview", None)
        if not callable(function):
            return None
        if inspect.iscoroutinefunction(function):
            return await function(arguments, context)
        given = await _PREVIEWING.run(self.spec.name, partial(function, arguments))
        return await given if inspect.isawaitable(given) else given

    @override
    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Run the tool and return its result as JSON.

        It runs in a task of its own: one that ignores its cancellation is abandoned after
        `STUBBORN_SECONDS`.

        Raises:
            ToolError: the call failed.

        """
        task = asyncio.create_task(self._run(arguments, context))
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            context.cancelled.set()  # first: it may wait for a thread of its own
            task.cancel()
            await asyncio.wait({task}, timeout=STUBBORN_SECONDS)
            if not task.done():
                name, plugin = self.spec.name, self.spec.plugin
                _log.error("tool %s of plugin %s goes on though it was cancelled", name, plugin)
            task.add_done_callback(_forget)
            raise
        if task.cancelled():
            raise ToolFailed(f"{self.spec.name} failed: it cancelled itself.")
        return task.result()

    async def _run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        began = perf_counter()
        try:
            with contained():
                work = partial(self._call, arguments, context)
                return await watched(self.spec.plugin, self._label, work)
        except (ToolError, asyncio.CancelledError):
            raise
        except TooLarge as error:
            return not_kept(str(error))
        except Exception as error:
            context.log.exception("Tool %s failed", self.spec.name)
            reason = in_short(error, context.secrets.hide)
            raise ToolFailed(f"{self.spec.name} failed: {reason}") from error
        finally:
            self.calls.note(perf_counter() - began)

    async def _call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        result = await self.tool.run(arguments, context)
        return result if self._gives_json else await as_json_apart(result)

    @property
    def _label(self) -> str:
        return f"the tool {self.spec.name} of the plugin {self.spec.plugin}"


def place_of_tool(tool: object) -> str:
    """Return the place of a tool's function in its source, or of its `run`; empty for neither."""
    function = tool.function if isinstance(tool, FunctionTool) else tool
    return place_of_function(function) or place_of_function(getattr(type(tool), "run", None))


def _sanitized(error: InvalidArguments) -> InvalidArguments:
    """Return a copy of the error with valid message and details, whatever the tool put into it."""
    copy = InvalidArguments(message_of(error))
    copy.details = details_of(error)
    return copy


def _forget(task: asyncio.Task[Any]) -> None:
    """Retrieve the exception of an abandoned task, else asyncio logs that nobody did."""
    if not task.cancelled():
        task.exception()


def running_in(frame: FrameType) -> AdmittedTool | None:
    """Return the tool whose code this frame calls, or None if it calls no tool's."""
    if frame.f_code not in _CALLERS:
        return None
    tool: AdmittedTool = frame.f_locals["self"]
    return tool


def hands_over(frame: FrameType) -> bool:
    """Return whether this is a frame of the host that does nothing but call a plugin's code."""
    return frame.f_code in _PASSING


def run_of(frame: FrameType) -> str:
    """Return the id of the run whose call a frame makes; empty where it only checks arguments."""
    context = frame.f_locals.get("context")
    return (context.run_id or "") if isinstance(context, ToolContext) else ""


_CALLERS: Final = {
    each.__code__
    for each in (AdmittedTool._run, AdmittedTool.check, AdmittedTool.preview)  # noqa: SLF001  ours
}
_OF_FUNCTIONS: Final = (
    *(FunctionTool.run, FunctionTool.preview, collect),
    *(FunctionTool._result, FunctionTool._call),  # noqa: SLF001
)
_PASSING: Final = {
    *(_CALLERS | HANDING_OVER),
    *(
        each.__code__
        for each in (AdmittedTool._call, AdmittedTool._preview, *_OF_FUNCTIONS)  # noqa: SLF001
    ),
}


_OF_JSON: Final = set[type]()
_Kind = TypeVar("_Kind", bound=type)


def of_json(kind: _Kind) -> _Kind:
    """Class decorator: schemas of this class's tools were parsed from JSON and do not change.

    There may be thousands of such tools, and to serialize each schema, to validate it and to
    compute its version, would take a second.
    """
    _OF_JSON.add(kind)
    return kind


def is_of_json(tool: Tool) -> bool:
    """Tell whether the tool's class is marked so."""
    return type(tool) in _OF_JSON


def admit(tool: Tool, plugin: str, release: str = "") -> AdmittedTool:
    """Validate a tool and return it as one of the plugin's.

    Its release is the given one, the plugin's, else that in its specification.

    Raises:
        ToolDefinitionError: it is no tool, or its specification is invalid.

    """
    spec = getattr(tool, "spec", None)
    if not isinstance(spec, ToolSpec):
        name = getattr(tool, "__name__", None) or type(tool).__name__
        raise ToolDefinitionError(f"{name!r} is not a tool; decorate it with @tool(effect=...)")
    for method in ("check", "run"):
        if not callable(getattr(tool, method, None)):
            raise ToolDefinitionError(f"tool {spec.name!r} has no method {method!r}")
    problem = problem_of(spec)
    if problem:
        raise ToolDefinitionError(f"tool {spec.name!r}: {problem}")
    description = storable(spec.description)
    admitted = replace(
        spec, plugin=plugin, release=release or spec.release, description=description
    )
    if is_of_json(tool):
        return AdmittedTool(admitted, tool, spec)
    if problem := schema_problem(spec.parameters):
        raise ToolDefinitionError(f"tool {spec.name!r}: {problem}")
    try:
        _ = admitted.version  # cached now: the plugin may change the schema later
    except (TypeError, ValueError, RecursionError) as error:
        raise ToolDefinitionError(f"tool {spec.name!r}: it is not JSON: {error}") from error
    return AdmittedTool(admitted, tool, spec)
