"""Previews: a tool's own description of a call, for the human who is asked to approve it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from domain.accounts.users import User
from domain.execution.tool_caller import ToolCaller
from domain.plugins.incidents import PluginPart, ReportIncident
from domain.runs.run import Call, Run
from domain.shared.errors import ToolError, ToolFailed
from domain.shared.json_values import error_text
from domain.shared.untrusted import within
from domain.tools.ports import Toolbox
from domain.tools.preview import Preview, shown_preview
from domain.tools.tool import Previewed

PREVIEW_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class Previews:
    """Asks tools for the previews of calls. ``tell`` records one that fails as an incident."""

    def __init__(self, toolbox: Toolbox, caller: ToolCaller, tell: ReportIncident) -> None:
        self.toolbox = toolbox
        self._caller = caller
        self._tell = tell

    async def of_calls(
        self, calls: Sequence[Call], run: Run, user: User
    ) -> Mapping[str, Preview | None]:
        """Return the tools' previews of several calls of a run, by the calls' ids."""
        made = await asyncio.gather(*(self.of(call, run, user) for call in calls))
        return {call.id: preview for call, preview in zip(calls, made, strict=True)}

    async def of(self, call: Call, run: Run, user: User) -> Preview | None:
        """Return the tool's preview of a call, bounded and redacted.

        What a preview raises as `ToolFailed` is shown as it is: the person should know it. It is
        None if the tool has none, is gone, or its preview fails otherwise or times out: the
        request then goes out without it.
        """
        try:
            tool = self.toolbox.get(call.tool)
        except ToolError:  # the tool was removed meanwhile
            return None
        if not isinstance(tool, Previewed):
            return None
        context = self._caller.preview_context(tool.spec, call, run, user)
        try:
            given = await within(PREVIEW_SECONDS, partial(tool.preview, call.params, context))
            return shown_preview(given, context.secrets.hide)
        except ToolFailed as error:
            return shown_preview(f"No preview: {error.message}", context.secrets.hide)
        except Exception as error:  # noqa: BLE001  untrusted code
            context.cancelled.set()  # a thread of it may go on
            self._tell(tool.spec.plugin, PluginPart.TOOL, error)
            why = error_text(error, context.secrets.hide)
            _log.error("the tool %s has no preview: %s", call.tool, why)
            return None
