"""The plugin ``basics``: what every agent should have at hand."""

from plugins.basics.calculator import calculator
from plugins.basics.clock import current_time
from plugins.basics.conversations import search_conversations
from plugins.basics.results import read_result
from plugins.basics.tools import read_schema, search_tools
from plugins.hookspecs import RegisterTool, hookimpl


@hookimpl
def puerto_register_tools(register: RegisterTool) -> None:
    """Register the calculator, the clock, and what finds conversations, results and tools."""
    register(calculator)
    register(current_time)
    register(search_conversations)
    register(read_result)
    register(search_tools)
    register(read_schema)
