"""Discovery of plugins: entry points of installed distributions, and files in a folder."""

import logging
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any, Final

from domain.shared.untrusted import in_short
from plugins.authoring.hookspecs import PROJECT
from plugins.host.candidates import Candidate
from plugins.host.code import digest_of, forget
from plugins.host.compatibility import misfit
from plugins.host.files import files_in
from plugins.host.modules import look_again

_log: Final = logging.getLogger(__name__)


def candidates(folder: Path | None = None) -> list[Candidate]:
    """Return the plugins of the entry-point group ``puerto``, then the files in the folder.

    Built-in plugins come first so that no other tool can take the name of a built-in one; the
    others are sorted by name, so that every worker resolves name conflicts alike.
    """
    look_again()
    forget()
    installed = sorted(_installed(), key=lambda one: (one.distribution != PROJECT, one.name))
    return [*installed, *(files_in(folder) if folder is not None else ())]


def _installed() -> Iterator[Candidate]:
    """Yield the installed plugins; a distribution with broken metadata does not stop that."""
    seen = set()
    for distribution in distributions():
        try:
            name = distribution.name.lower()
            plugins = [] if name in seen else _plugins_of(distribution)
        except Exception as error:  # noqa: BLE001 - broken metadata can raise anything
            _log.warning("The metadata of %r cannot be read: %r", distribution, error)
            yield from _broken(distribution, error)
            continue
        seen.add(name)  # of two versions of one distribution, Python imports the first
        yield from plugins


def _plugins_of(distribution: Distribution) -> list[Candidate]:
    return [
        _of_entry_point(entry, distribution)
        for entry in distribution.entry_points
        if entry.group == PROJECT
    ]


def _of_entry_point(entry: EntryPoint, distribution: Distribution) -> Candidate:
    module = entry.value.partition(":")[0].strip()
    requires = tuple(distribution.requires or ())
    return Candidate(
        entry.name,
        entry.load,
        distribution.version,
        distribution.name,
        module=module,
        # The distribution of the built-in plugins holds the whole service: only the module counts.
        digest=digest_of(module, alone=distribution.name == PROJECT),
        problem=misfit(requires),
        requires=requires,
    )


def _broken(distribution: Distribution, error: Exception) -> Iterator[Candidate]:
    """Yield a candidate with a problem, if the distribution seems to have a plugin."""
    path: Any = getattr(distribution, "_path", None)  # the only way to identify it
    try:
        names_plugins = f"[{PROJECT}]".encode() in (path / "entry_points.txt").read_bytes()
    except Exception:  # noqa: BLE001 - then it has no entry points
        return
    if names_plugins:
        name = path.name.partition("-")[0]
        reason = f"the metadata of its distribution cannot be read: {in_short(error)}"
        yield Candidate(name, lambda: None, distribution=name, file=str(path), problem=reason)
