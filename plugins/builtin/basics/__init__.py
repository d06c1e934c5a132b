"""The plugin ``basics``: calculator, clock, and tools to find messages, results and tools."""

from plugins.authoring.hookspecs import RegisterTool, hookimpl
from plugins.builtin.basics.calculator import calculator
from plugins.builtin.basics.clock import current_time
from plugins.builtin.basics.conversations import search_conversations
from plugins.builtin.basics.results import read_result
from plugins.builtin.basics.tools import read_schema, search_tools


@hookimpl
def puerto_register_tools(register: RegisterTool) -> None:
    """Register the calculator, the clock, and what finds conversations, results and tools."""
    register(calculator)
    register(current_time)
    register(search_conversations)
    register(read_result)
    register(search_tools)
    register(read_schema)
