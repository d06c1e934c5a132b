"""The plugin ``basics``: calculator, clock, and tools to find messages, results and tools."""

from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.builtin.basics.calculator import calculator
from plugins.builtin.basics.clock import current_time
from plugins.builtin.basics.conversations import search_conversations
from plugins.builtin.basics.results import read_result
from plugins.builtin.basics.tools import read_schema, search_tools


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the calculator, the clock, and what finds conversations, results and tools."""
    registry.add_tools(
        calculator, current_time, search_conversations, read_result, search_tools, read_schema
    )
