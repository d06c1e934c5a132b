"""The whole contract between Puerto and a plugin, on one screen.

A plugin is a module (or any object) that an entry point of the group ``puerto`` names. It
implements the hooks below that it needs, under these names, each marked with ``@hookimpl``.
A hook only registers, and returns at once; what is registered does the work later.
"""

from collections.abc import Callable
from typing import Final

import pluggy

from domain.tools import Tool

PROJECT: Final = "puerto"

HOOK_VERSION: Final = 1
"""Grows by one when a hook changes so that a plugin written for it must change too."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

RegisterTool = Callable[[Tool], None]
"""Takes a function decorated with ``@tool``, or any object that satisfies `Tool`."""


class HookSpecs:
    """The hooks, each with what it is given and what is expected of it."""

    @hookspec
    def puerto_register_tools(self, register: RegisterTool) -> None:
        """Call ``register`` once for each tool.

        A tool that is invalid, or whose name is taken, is refused: the plugin's entry in the
        list of plugins says why, and the plugin's other tools work.
        """
