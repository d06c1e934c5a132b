"""Tool calls: validation of a model's request, execution, and the resulting events."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from domain.conversations.calls import Problem
from domain.models.arguments import read_value
from domain.models.messages import ToolRequest
from domain.plugins.incidents import PluginPart, ReportIncident, no_report
from domain.runs.call_events import ToolErred, ToolFinished, ToolIntended
from domain.runs.run import Call
from domain.runs.states import CallState
from domain.shared.errors import InvalidArguments, ToolError, ToolFailed, ToolTimeout, UnknownTool
from domain.shared.ids import new_id
from domain.shared.json_values import as_text, require_json
from domain.shared.text import shorten
from domain.shared.untrusted import contained
from domain.tools.argument_repair import coerced
from domain.tools.error_fields import code_of, has_valid_code, problem_of
from domain.tools.ports import Toolbox
from domain.tools.questions import ToolQuestion
from domain.tools.schema_text import decoded
from domain.tools.secrets import Secrets
from domain.tools.tool import Effect, Tool, ToolSpec
from domain.tools.tool_context import ToolContext

_CODE_LENGTH: Final = 80  # characters of an invalid code that are shown
ARGUMENTS_SIZE: Final = 1_000_000  # characters of JSON that a model may write for a call


def intend(request: ToolRequest, toolbox: Toolbox) -> tuple[ToolIntended, ToolErred | None]:
    """Validate a model's tool request; return its event, and the error if it is invalid."""
    call_id = new_id()
    params: dict[str, Any] = {}
    try:
        tool = toolbox.get(request.tool)
    except UnknownTool as error:
        intended = ToolIntended(call_id, request.tool, params, Effect.READ, "")
        return intended, erred(intended, error)
    spec = tool.spec
    try:
        params = read_arguments(request.arguments)
        params = tool.check(coerced(params, decoded(spec.parameters)))
    except InvalidArguments as error:
        intended = intended_call(call_id, spec, params)
        return intended, erred(intended, error)
    return intended_call(call_id, spec, params), None


def intended_call(
    call_id: str, spec: ToolSpec, params: Mapping[str, Any], parent: str | None = None
) -> ToolIntended:
    """Return the event of a request to call this tool with validated arguments."""
    return ToolIntended(
        call_id,
        spec.name,
        params,
        spec.effect,
        spec.version,
        spec.idempotent,
        tuple(name for name in spec.confirm if name in params),
        parent,
    )


def read_arguments(text: str) -> dict[str, Any]:
    """Parse the arguments that a model wrote, in any form that `read_value` accepts.

    Raises:
        InvalidArguments: it is no JSON object, too large or too deep, or holds what JSON cannot
            carry.

    """
    if len(text) > ARGUMENTS_SIZE:
        raise InvalidArguments(f"The arguments have more than {ARGUMENTS_SIZE:,} characters.")
    try:
        value = require_json(read_value(text))
    except (ValueError, RecursionError) as error:
        raise InvalidArguments(f"The arguments are not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidArguments("The arguments must be a JSON object.")
    return value


def erred(
    call: ToolIntended | Call,
    error: ToolError,
    state: CallState = CallState.FAILED,
    secrets: Secrets | None = None,
) -> ToolErred:
    """Return the event of a call that failed with this error, redacted."""
    return settled(call, state, problem_of(error, secrets))


def settled(call: ToolIntended | Call, state: CallState, problem: Problem) -> ToolErred:
    """Return the event that ends a call without a result."""
    if isinstance(call, ToolIntended):
        call_id, ran_with = call.call_id, None
    else:
        call_id, ran_with = call.id, None if state is CallState.REFUSED else call.edited_params
    return ToolErred(
        call_id,
        call.tool,
        state,
        problem.code,
        problem.message,
        problem.details,
        ran_with,
        problem.retryable,
    )


async def perform(
    tool: Tool, call: Call, context: ToolContext, tell: ReportIncident = no_report
) -> ToolFinished | ToolErred | ToolQuestion:
    """Run a tool with its timeout; return its result, unchanged, or its error as an event.

    A call that timed out and does not only read is ``unknown``: it may have taken effect. One that
    put a question to its user is cancelled; the question comes back. ``tell`` records an error with
    a code that no plugin may use.
    """
    spec = tool.spec
    began = time.perf_counter()
    try:
        async with asyncio.timeout(spec.timeout) as limit:
            context.asker.begin(limit)
            with contained():
                result = await tool.run(call.params, context)
    except asyncio.CancelledError:
        context.cancelled.set()
        raise
    except TimeoutError:
        if not limit.expired():
            return _broken(call)
        context.cancelled.set()
        if context.asker.pending is not None:
            return context.asker.pending
        state = CallState.FAILED if spec.effect is Effect.READ else CallState.UNKNOWN
        return erred(call, _timed_out(spec, state), state)
    except ToolError as error:
        if not has_valid_code(error):
            tell(spec.plugin, PluginPart.TOOL, _bad_code(spec.name, error))
        return erred(call, error, secrets=context.secrets)
    except Exception:  # untrusted code: its error is the call's result
        context.log.exception("tool %s of plugin %s raised", spec.name, spec.plugin)
        return _broken(call)
    finally:
        context.asker.end()
    elapsed = round((time.perf_counter() - began) * 1000, 3)
    return ToolFinished(call.id, call.tool, result, elapsed, call.edited_params)


def _timed_out(spec: ToolSpec, state: CallState) -> ToolTimeout:
    maybe = " It may have taken effect all the same." if state is CallState.UNKNOWN else ""
    return ToolTimeout(f"{spec.name} did not answer within {spec.timeout:g} seconds.{maybe}")


def _bad_code(tool: str, error: ToolError) -> ValueError:
    """Return what is wrong with the error's code, with the place where it was raised."""
    code = shorten(as_text(getattr(error, "code", None)), _CODE_LENGTH)
    why = f"the code {code} of an error of {tool} is not one for plugins; {code_of(error)} is used"
    return ValueError(why).with_traceback(error.__traceback__)


def _broken(call: Call) -> ToolErred:
    return erred(call, ToolFailed(f"{call.tool} failed for a reason of its own."))
