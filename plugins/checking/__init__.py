"""The check of a plugin (`puerto plugin check`): a linter, and trial runs of its tools.

`find_plugins` lists the plugins of a path or name; `inspect_plugin` imports one, so it must run in
a process of its own.
"""

from plugins.checking.findings import CheckReport, Finding, Level, SourcePlace
from plugins.checking.inspection import inspect_plugin
from plugins.checking.targets import find_plugins

__all__ = ["CheckReport", "Finding", "Level", "SourcePlace", "find_plugins", "inspect_plugin"]
