"""Packages that lie in a folder as pip would have laid them there, and what they bring."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

GO_ON = threading.Event()
HANGS = "from tests.plugins.packages import GO_ON\nGO_ON.wait(60)\n"
GOOD = '''
from puerto import hookimpl, tool

@tool(effect="read")
def {name}() -> str:
    """Say hello."""
    return "{says}"

@hookimpl
def puerto_register(registry):
    registry.add_tools({name})
'''


def good(name: str, says: str = "hello") -> str:
    """Return the source of a plugin with one tool."""
    return GOOD.format(name=name, says=says)


def install(
    folder: Path,
    name: str,
    source: str,
    entry: str | None = None,
    *,
    version: str = "1.2",
    requires: Sequence[str] = (),
) -> None:
    """Lay out a distribution, in the place of one of that name, with a plugin of that name."""
    uninstall(folder, name)
    (folder / f"{name}_module.py").write_text(source)
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    fields = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    fields += [f"Requires-Dist: {each}" for each in requires]
    (about / "METADATA").write_text("\n".join([*fields, ""]))
    (about / "entry_points.txt").write_text(f"[puerto]\n{entry or f'{name} = {name}_module'}\n")


def uninstall(folder: Path, name: str) -> None:
    """Remove a distribution."""
    (folder / f"{name}_module.py").unlink(missing_ok=True)
    for about in folder.glob(f"{name}-*.dist-info"):
        shutil.rmtree(about)
