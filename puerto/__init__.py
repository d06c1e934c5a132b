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

from domain.conversations import Message
from domain.errors import InvalidArguments, ToolError, ToolFailed
from domain.identity import User
from domain.tools import Effect, Tool, ToolContext, ToolSpec
from plugins.errors import ToolDefinitionError
from plugins.hookspecs import HOOK_VERSION, RegisterTool, hookimpl
from plugins.tool import FunctionTool, tool

__all__ = [
    "HOOK_VERSION",
    "Effect",
    "FunctionTool",
    "InvalidArguments",
    "Message",
    "RegisterTool",
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
