"""The subprocess in which ``puerto plugin check`` imports a plugin: an order in, a report out.

The order is ``{target, name, seconds, run}``, the report that of `plugins.checking`, as JSON.
"""

import json
import os
import sys
from dataclasses import asdict
from typing import Any

from adapters.llm.tool_schemas import CompiledToolSchemas
from plugins.builtin import basics
from plugins.checking import find_plugins, inspect_plugin
from plugins.host.candidates import Candidate
from plugins.host.loading import load_plugin


def main() -> None:
    """Read the order from standard input, write the report to standard output, and exit.

    What the plugin prints goes to standard error. Threads that it left running are not awaited.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        json.dump(_report(json.load(sys.stdin)), output)
    os._exit(0)


def _report(order: dict[str, Any]) -> dict[str, Any]:
    [candidate] = [each for each in find_plugins(order["target"]) if each.name == order["name"]]
    own = load_plugin(Candidate("basics", lambda: basics), order["seconds"])
    report = inspect_plugin(
        candidate,
        CompiledToolSchemas(),
        seconds=order["seconds"],
        try_tools=order["run"],
        taken_names=own.tools,
    )
    return asdict(report)


if __name__ == "__main__":
    main()
