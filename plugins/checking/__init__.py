"""Checking a plugin before anybody uses it: what a service would refuse, and what it would suffer.

`find_plugins` says what there is to check; `inspect_plugin` imports it, so it belongs into a
process of its own.
"""

from plugins.checking.findings import Finding, Level, Place, Report
from plugins.checking.inspection import inspect_plugin
from plugins.checking.targets import find_plugins

__all__ = ["Finding", "Level", "Place", "Report", "find_plugins", "inspect_plugin"]
