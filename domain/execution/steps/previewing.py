"""Previews: a tool's own description of a call, for the human who is asked to approve it."""

import logging
from functools import partial
from typing import Final

from domain.runs.run import Call
from domain.shared.errors import ToolError
from domain.shared.json_values import error_text
from domain.shared.untrusted import in_thread, within
from domain.tools.ports import Toolbox
from domain.tools.tool import Previewed

PREVIEW_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


async def preview_of_call(toolbox: Toolbox, call: Call) -> str:
    """Return the tool's preview of a call; empty if it has none, fails or times out.

    It runs in a thread: the tool's code is not async, and might block the event loop.
    """
    try:
        tool = toolbox.get(call.tool)
    except ToolError:  # the tool was removed meanwhile
        return ""
    if not isinstance(tool, Previewed):
        return ""
    work = partial(tool.preview, call.params)
    try:
        return await within(PREVIEW_SECONDS, lambda: in_thread(work, f"preview {call.tool}"))
    except Exception as error:  # noqa: BLE001  untrusted code: the request goes out without it
        _log.error("the tool %s has no preview: %s", call.tool, error_text(error))
        return ""
