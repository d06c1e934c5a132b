"""A tool called by a client itself, with no model and no run between."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.conversations import Message
from domain.errors import ToolError, ToolFailed, ToolRefused, ToolTimeout
from domain.events import ToolErred
from domain.identity import User
from domain.ids import new_id
from domain.policy import Decision, judge
from domain.ports.configurations import Configurations
from domain.ports.conversations import Conversations
from domain.ports.toolbox import Toolbox
from domain.runs import Call
from domain.tool_calls import perform
from domain.tools import ToolContext


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of a direct call; ``result`` is a JSON value."""

    tool: str
    result: Any
    duration_ms: float


class DirectCalls:
    """Runs single tool calls under the same policy as runs."""

    def __init__(
        self, toolbox: Toolbox, configurations: Configurations, conversations: Conversations
    ) -> None:
        self._toolbox = toolbox
        self._configurations = configurations
        self._conversations = conversations

    async def execute(self, user: User, name: str, params: Mapping[str, Any]) -> Executed:
        """Check the arguments, ask the policy, run the tool.

        Raises:
            ToolError: unknown tool, unfit arguments, refused, failed, or out of time.

        """
        tool = self._toolbox.get(name)
        checked = tool.check(params)
        configuration = await self._configurations.load()
        verdict = judge(tool.spec.effect, configuration.autonomy)
        if verdict.decision is not Decision.ALLOW:
            raise ToolRefused(
                f"{name} was not run: a human must consent to it ({verdict.rule}), "
                "and this server cannot ask yet."
            )

        async def search(text: str, limit: int) -> Sequence[Message]:
            return await self._conversations.search(user.id, text, limit)

        log = logging.getLogger(f"puerto.tools.{name}")
        spec = tool.spec
        call = Call(new_id(), name, checked, spec.effect, spec.version)
        context = ToolContext(user, call.id, log, search)
        # A call that was begun is finished, whoever still listens.
        body = await asyncio.shield(asyncio.ensure_future(perform(tool, call, context)))
        if isinstance(body, ToolErred):
            raise _as_error(body)
        return Executed(name, body.result, body.duration_ms)


def _as_error(body: ToolErred) -> ToolError:
    kind = ToolTimeout if body.code == ToolTimeout.code else ToolFailed
    return kind(body.message, details=body.details)
