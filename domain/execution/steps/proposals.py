"""Proposals: what plugins' vetoes are shown of the calls of a run."""

from domain.execution.task import Task
from domain.policy.policy import CallSource, Proposal
from domain.runs.run import Call
from domain.shared.errors import ToolError
from domain.tools.ports import Toolbox
from domain.tools.preview import Preview


def proposal_of(task: Task, call: Call, toolbox: Toolbox, preview: Preview | None) -> Proposal:
    """Return what a veto is shown of a call; ``preview`` is the tool's own."""
    run, user = task.journal.run, task.user
    return Proposal(
        tool=call.tool,
        effect=call.effect,
        arguments=call.params,
        user=user.username,
        user_id=user.id,
        role=user.role,
        conversation_id=run.started.conversation_id or None,
        run_id=run.id,
        agent=run.agent.name if run.agent is not None else None,
        source=CallSource.DIRECT if run.started.is_direct else CallSource.CHAT,
        plugin=_plugin_of(call, toolbox),
        preview=preview,
        cost_usd=run.cost_usd,
        input_tokens=run.usage.input_tokens,
        output_tokens=run.usage.output_tokens,
    )


def _plugin_of(call: Call, toolbox: Toolbox) -> str:
    try:
        return toolbox.get(call.tool).spec.plugin
    except ToolError:  # the tool was removed since: its call will be refused
        return ""
