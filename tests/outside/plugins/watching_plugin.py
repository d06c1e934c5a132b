"""A plugin in one file that writes down each notice of an alert: WATCHED names the file."""

import json
import os
from pathlib import Path

from puerto import Notice, Registry, hookimpl


async def write_down(notice: Notice) -> None:
    """Write one line."""
    if notice.type.startswith("alert."):
        _append(json.dumps([notice.type, notice.data["title"]]))


def _append(line: str) -> None:
    with Path(os.environ["WATCHED"]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the observer."""
    registry.add_observer(write_down)
