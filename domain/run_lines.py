"""The lines that a run leaves in the log: how its calls failed, and how it ended."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from domain.events import ToolErred
from domain.runs import Call, Problem, Run, RunStatus

_TOLD: Final = ("provider", "model", "reason", "status", "tried")

_log = logging.getLogger(__name__)


def log_failed_call(call: Call, plugin: str, failure: ToolErred) -> None:
    """Log that a call was made and failed; its secrets are hidden already."""
    _log.warning(
        "the tool %s of the plugin %s failed: %s: %s",
        call.tool,
        plugin,
        failure.code,
        failure.message,
    )


def log_end(run: Run, status: RunStatus, problem: Problem | None) -> None:
    """Log how a run ended; ``problem`` is what ended it, where that is not on its record."""
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
    told = ", ".join(f"{name}: {details[name]}" for name in _TOLD if name in details)
    return f" ({told})" if told else ""
