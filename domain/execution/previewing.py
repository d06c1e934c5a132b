"""What a tool says beforehand that a call will do: its own code, for the human who is asked."""

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
    """Return what the tool says of a call, or nothing: it is asked in a thread, and not for long.

    Its code is not async, and might hold up the event loop.
    """
    try:
        tool = toolbox.get(call.tool)
    except ToolError:  # it went away
        return ""
    if not isinstance(tool, Previewed):
        return ""
    work = partial(tool.preview, call.params)
    try:
        return await within(PREVIEW_SECONDS, lambda: in_thread(work, f"preview {call.tool}"))
    except Exception as error:  # noqa: BLE001  a stranger's code: the human is asked all the same
        _log.error("the tool %s has no preview: %s", call.tool, error_text(error))
        return ""
