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
    from domain.agents import Agent
    from domain.alerts import Alert, Severity
    from domain.artifacts import Artifact
    from domain.conversations import Message
    from domain.errors import InvalidArguments, ToolError, ToolFailed
    from domain.identity import User
    from domain.notices import Notice, NoticeType
    from domain.policy import Proposal
    from domain.ports.http_clients import HttpClient
    from domain.tool_secrets import Secrets
    from domain.tools import Effect, Tool, ToolContext, ToolSpec
    from plugins.errors import ToolDefinitionError
    from plugins.hookspecs import HOOK_VERSION, RegisterTool, hookimpl
    from plugins.tool import FunctionTool, tool

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
        "Agent": "domain.agents",
        "Alert": "domain.alerts",
        "Artifact": "domain.artifacts",
        "Effect": "domain.tools",
        "FunctionTool": "plugins.tool",
        "HOOK_VERSION": "plugins.hookspecs",
        "HttpClient": "domain.ports.http_clients",
        "InvalidArguments": "domain.errors",
        "Message": "domain.conversations",
        "Notice": "domain.notices",
        "NoticeType": "domain.notices",
        "Proposal": "domain.policy",
        "RegisterTool": "plugins.hookspecs",
        "Secrets": "domain.tool_secrets",
        "Severity": "domain.alerts",
        "Tool": "domain.tools",
        "ToolContext": "domain.tools",
        "ToolDefinitionError": "plugins.errors",
        "ToolError": "domain.errors",
        "ToolFailed": "domain.errors",
        "ToolSpec": "domain.tools",
        "User": "domain.identity",
        "hookimpl": "plugins.hookspecs",
        "tool": "plugins.tool",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = getattr(import_module(_HOMES[name]), name)
        return globals()[name]
