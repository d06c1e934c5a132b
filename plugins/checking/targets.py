"""Targets of a check: a file, the folder of a package, or an installed plugin."""

import re
import sys
import tomllib
from collections.abc import Sequence
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Final

from domain.shared.errors import NotFound
from plugins.authoring.hookspecs import PROJECT
from plugins.host.candidates import Candidate
from plugins.host.compatibility import misfit
from plugins.host.discovery import candidates
from plugins.host.files import files_in

PROJECT_FILE: Final = "pyproject.toml"


def find_plugins(target: str) -> Sequence[Candidate]:
    """Return the plugins that a path or name denotes, without importing them.

    The target is one ``.py`` file; the folder of a package, installed or not; or the name of an
    installed plugin, distribution or module.

    Raises:
        NotFound: there is no such plugin; the message names the accepted targets.

    """
    path = Path(target)
    if path.suffix == ".py":
        return [_in_file(path)]
    if path.is_dir():
        return _in_folder(path.resolve())
    name = _normalized(target)
    matches = [
        each
        for each in candidates()
        if name in map(_normalized, (each.name, each.distribution, each.module))
    ]
    if not matches:
        raise NotFound(
            f"There is no plugin {target!r}: name a .py file, a folder with a {PROJECT_FILE}, or "
            "an installed plugin or package."
        )
    return matches


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _in_file(path: Path) -> Candidate:
    absolute = path.resolve()
    for candidate in files_in(absolute.parent):
        if candidate.file == str(absolute):
            return candidate
    reason = "files whose names begin with _ or . are none" if path.is_file() else "no such file"
    raise NotFound(f"{path} is no plugin: {reason}.")


def _in_folder(folder: Path) -> Sequence[Candidate]:
    try:
        project = tomllib.loads((folder / PROJECT_FILE).read_text(encoding="utf-8"))["project"]
        entries = project["entry-points"][PROJECT]
        plugins = [
            _of_entry(EntryPoint(name=name, value=value, group=PROJECT), folder, project)
            for name, value in entries.items()
        ]
    except OSError as error:
        raise NotFound(f"{folder / PROJECT_FILE} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise NotFound(f"{folder / PROJECT_FILE} cannot be read: {error}.") from error
    except (KeyError, AttributeError, TypeError) as error:
        raise NotFound(
            f"{folder / PROJECT_FILE} names no plugin under [project.entry-points.{PROJECT}]."
        ) from error
    return plugins


def _of_entry(entry: EntryPoint, folder: Path, project: dict[str, Any]) -> Candidate:
    is_dynamic = "dependencies" in project.get("dynamic", ())  # the build alone knows them
    requires = None if is_dynamic else tuple(project.get("dependencies", ()))
    return Candidate(
        entry.name,
        partial(_load, entry, folder),
        version=str(project.get("version", "")),
        distribution=str(project.get("name", folder.name)),
        module=entry.value.partition(":")[0].strip(),
        problem=misfit(requires or ()),
        requires=requires,
    )


def _load(entry: EntryPoint, folder: Path) -> object:
    """Import the plugin as if the folder were installed, in the flat or the ``src`` layout."""
    sys.path[:0] = [str(each) for each in (folder / "src", folder) if each.is_dir()]
    return entry.load()
