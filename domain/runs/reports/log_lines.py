"""The log messages of a run: interrupted and failed calls, and the run's end."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from domain.conversations.calls import Problem
from domain.runs.call_events import ToolErred
from domain.runs.run import Call, Run
from domain.runs.states import RunStatus
from domain.shared.errors import UnknownTool
from domain.tools.ports import Toolbox

_LOGGED_DETAILS: Final = ("provider", "model", "reason", "status", "tried")

_log = logging.getLogger(__name__)


def log_interrupted(run: Run, call: Call, toolbox: Toolbox, then: str) -> None:
    """Log that a call was interrupted; ``then`` is the consequence, such as "it is made again".

    The level is error where more than one worker crashed during the call, else warning.
    """
    try:
        plugin = toolbox.get(call.tool).spec.plugin
    except UnknownTool:
        plugin = "none in use"
    died = f"{call.losses} of its workers died" if call.losses > 0 else "its worker was stopped"
    if not call.starts:
        died = "its workers died before it began"
    level = logging.ERROR if call.losses > 1 or not call.starts else logging.WARNING
    _log.log(
        level,
        "run %s: the call %s of the tool %s (plugin: %s) was interrupted, %s; %s",
        run.id,
        call.id,
        call.tool,
        plugin,
        died,
        then,
    )


def log_failed_call(call: Call, plugin: str, failure: ToolErred) -> None:
    """Log that a call was made and failed; its secrets are redacted already."""
    _log.warning(
        "the tool %s of the plugin %s failed: %s%s: %s",
        call.tool,
        plugin,
        failure.code,
        " (may succeed later)" if failure.retryable else "",
        failure.message,
    )


def log_end(run: Run, status: RunStatus, problem: Problem | None) -> None:
    """Log how a run ended; ``problem`` is its cause, where the run's events do not hold it yet."""
    problem = problem or run.problem
    if status is RunStatus.FAILED and problem is not None:
        details = _in_short(problem.details)
        _log.warning("the run failed: %s: %s%s", problem.code, problem.message, details)
    else:
        used = run.usage
        tokens = used.input_tokens + used.output_tokens
        _log.info(
            "the run ended: %s, %d steps, %d calls, %d tokens",
            status,
            len(run.steps),
            len(run.calls),
            tokens,
        )


def _in_short(details: Mapping[str, Any]) -> str:
    text = ", ".join(f"{name}: {details[name]}" for name in _LOGGED_DETAILS if name in details)
    return f" ({text})" if text else ""
