"""Saying in the log which calls were interrupted, whose they are, and what follows."""

import logging

from domain.errors import UnknownTool
from domain.ports.toolbox import Toolbox
from domain.runs import Call, Run

_log = logging.getLogger(__name__)


def log_interrupted(run: Run, call: Call, toolbox: Toolbox, then: str) -> None:
    """Log that a call was interrupted; ``then`` is what follows, such as "it is made again".

    It is an error where more than one worker died while it was running, else a warning.
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
