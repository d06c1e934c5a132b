"""Routes of tools: list, switch on or off, and execute one without the agent."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint, Response
from quart_schema import document_response, tag, validate_querystring, validate_request

from domain.accounts.users import Role
from domain.conversations.calls import Problem
from domain.shared.error_codes import answer_to
from domain.shared.log_context import bind
from entrypoints.encoding import consent_request
from entrypoints.http.errors import STATUS, error_response
from entrypoints.http.fields import Enabling, Id, RequestBody, arguments_named, example
from entrypoints.http.idempotency import request_key, takes_key
from entrypoints.http.openapi.document import can_fail
from entrypoints.http.openapi.events import ConsentRequest
from entrypoints.http.routes.tools.lists import (
    ToolDetails,
    ToolList,
    ToolsQuery,
    ToolView,
    tool_details,
    tool_view,
    tools_page,
)
from entrypoints.http.security.guard import caller, for_role
from entrypoints.wiring.services import services

blueprint = Blueprint("tools", __name__, url_prefix="/api/tools")


@blueprint.get("")
@tag(["tools"])
@validate_querystring(ToolsQuery)
@document_response(ToolList)
async def find(query_args: ToolsQuery) -> dict[str, Any]:
    """List the tools by name, or those that fit the task `q`, the best first.

    Those that are off are listed too, unless they are asked for by a task.
    """
    return await tools_page(caller(), query_args)


@blueprint.get("/<tool_name>")
@tag(["tools"])
@document_response(ToolDetails)
async def get(tool_name: str) -> dict[str, Any]:
    """Look at one tool, also one that is off."""
    return tool_details(await services().tools.get(caller(), tool_name))


@blueprint.patch("/<tool_name>")
@for_role(Role.OPERATOR)
@tag(["tools"])
@validate_request(Enabling)
@document_response(ToolView)
async def change(tool_name: str, data: Enabling) -> dict[str, Any]:
    """Switch a tool on or off: here at once, on every worker within 2 seconds.

    It stays so after a restart. Calls that have begun go on; others are refused, and the model
    is told that the tool is switched off. One whose settings are missing stays off: see `reason`.
    """
    return tool_view(await services().tools.turn(caller(), tool_name, is_on=data.enabled))


class ExecuteRequest(RequestBody):
    """A tool to call."""

    model_config = example({"tool": "calculator", "parameters": {"expression": "17 * 23"}})

    tool: str = Field(min_length=1, max_length=200)
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        validation_alias=arguments_named("parameters"),
        description="Its arguments, as its schema has them.",
    )


class Executed(BaseModel):
    """The result of the call."""

    tool: str
    result: Any = Field(description="Any JSON value.")
    duration_ms: float
    run_id: Id


class Waiting(BaseModel):
    """The call waits for a human: answer, then follow the run's events."""

    status: Literal["waiting_consent"]
    run_id: Id
    consent_request: ConsentRequest


@blueprint.post("/execute")
@tag(["tools"])
@validate_request(ExecuteRequest)
@document_response(Executed)
@document_response(Waiting, 202)
@can_fail(403, 404, 409, 502, 504)
@takes_key
async def execute(data: ExecuteRequest) -> Response | tuple[dict[str, Any], int]:
    """Call a tool, as a run of its own: the same policy, the same record.

    The arguments are checked against its schema first. A call that may not run unasked gives 202
    with the consent request; one that the policy forbids, 403.
    """
    chat, user, key = services().chat, caller(), await request_key()
    started = await chat.call(user, data.tool, data.parameters, key)
    bind(run=started.run_id)
    reader = await chat.follow(user, started.run_id, whole=True, is_first=key is not None)
    answer = await reader.answer()
    call, run_id = answer.calls[0], answer.run_id
    if answer.consents:
        request = consent_request(answer.consents[0])
        return {"status": answer.status, "run_id": run_id, "consent_request": request}, 202
    if call.problem is not None:
        return _failure(run_id, call.problem)
    took = answer.durations[call.id]
    return {"tool": call.tool, "result": call.result, "duration_ms": took, "run_id": run_id}, 200


def _failure(run_id: str, problem: Problem) -> Response:
    """Return the error response of a failed call, with the journal's error code in the details."""
    code = answer_to(problem.code)
    details = dict(problem.details) | {"run_id": run_id, "tool_error": problem.code}
    if problem.retryable:
        details["retryable"] = True
    return error_response(STATUS[code], code, problem.message, details)
