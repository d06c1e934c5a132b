"""What a plugin is written with.

::

    from puerto import hookimpl, tool

    @tool(effect="read")
    async def capital(country: str) -> str:
        \"\"\"Tell the capital of a country.\"\"\"
        return {"Peru": "Lima"}.get(country, "unknown")

    @hookimpl
    def puerto_register_tools(register):
        register(capital)

The package names the module in its entry points: group ``puerto``, any name. Everything here
is for authors of plugins; the service itself does not import it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.accounts.users import User
    from domain.agents.agent import Agent
    from domain.conversations.conversation import Message
    from domain.monitoring.alerts import Alert, Severity
    from domain.notifications.notices import Notice, NoticeType
    from domain.policy.policy import Proposal
    from domain.shared.errors import InvalidArguments, ToolError, ToolFailed
    from domain.tools.artifacts import Artifact
    from domain.tools.http import HttpClient
    from domain.tools.secrets import Secrets
    from domain.tools.tool import Effect, Tool, ToolContext, ToolSpec
    from plugins.authoring.errors import ToolDefinitionError
    from plugins.authoring.hookspecs import HOOK_VERSION, RegisterTool, hookimpl
    from plugins.authoring.tool import FunctionTool, tool

__all__ = [
    "HOOK_VERSION",
    "Agent",
    "Alert",
    "Artifact",
    "Effect",
    "FunctionTool",
    "HttpClient",
    "InvalidArguments",
    "Message",
    "Notice",
    "NoticeType",
    "Proposal",
    "RegisterTool",
    "Secrets",
    "Severity",
    "Tool",
    "ToolContext",
    "ToolDefinitionError",
    "ToolError",
    "ToolFailed",
    "ToolSpec",
    "User",
    "hookimpl",
    "tool",
]

# The names are looked up when they are first used. The front door is in this package, and has to
# open, if only to say why it cannot, also where another distribution's `domain` hides ours.
if not TYPE_CHECKING:
    from importlib import import_module

    _HOMES = {
        "Agent": "domain.agents.agent",
        "Alert": "domain.monitoring.alerts",
        "Artifact": "domain.tools.artifacts",
        "Effect": "domain.tools.tool",
        "FunctionTool": "plugins.authoring.tool",
        "HOOK_VERSION": "plugins.authoring.hookspecs",
        "HttpClient": "domain.tools.http",
        "InvalidArguments": "domain.shared.errors",
        "Message": "domain.conversations.conversation",
        "Notice": "domain.notifications.notices",
        "NoticeType": "domain.notifications.notices",
        "Proposal": "domain.policy.policy",
        "RegisterTool": "plugins.authoring.hookspecs",
        "Secrets": "domain.tools.secrets",
        "Severity": "domain.monitoring.alerts",
        "Tool": "domain.tools.tool",
        "ToolContext": "domain.tools.tool",
        "ToolDefinitionError": "plugins.authoring.errors",
        "ToolError": "domain.shared.errors",
        "ToolFailed": "domain.shared.errors",
        "ToolSpec": "domain.tools.tool",
        "User": "domain.accounts.users",
        "hookimpl": "plugins.authoring.hookspecs",
        "tool": "plugins.authoring.tool",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = getattr(import_module(_HOMES[name]), name)
        return globals()[name]
