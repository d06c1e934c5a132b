"""Where plugins come from: installed distributions, and files in a folder."""

import logging
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any, Final

from domain.shared.untrusted import in_short
from plugins.authoring.hookspecs import PROJECT
from plugins.host.candidates import Candidate
from plugins.host.code import digest_of, forget
from plugins.host.files import files_in
from plugins.host.modules import look_again

_log: Final = logging.getLogger(__name__)


def candidates(folder: Path | None = None) -> list[Candidate]:
    """Return what the group ``puerto`` names, ours first, then the files in the folder.

    Ours come first so that nobody's tool can take the name of a built-in one; the others are
    sorted by name, so that every worker settles all other such quarrels alike.
    """
    look_again()
    forget()
    installed = sorted(_installed(), key=lambda one: (one.distribution != PROJECT, one.name))
    return [*installed, *(files_in(folder) if folder is not None else ())]


def _installed() -> Iterator[Candidate]:
    """Yield every plugin, past distributions that are broken themselves."""
    seen = set()
    for distribution in distributions():
        try:
            name = distribution.name.lower()
            found = [] if name in seen else _plugins_of(distribution)
        except Exception as error:  # noqa: BLE001 - whatever is wrong in there, it is not ours
            _log.warning("The metadata of %r cannot be read: %r", distribution, error)
            yield from _broken(distribution, error)
            continue
        seen.add(name)  # of two versions of one distribution, Python imports the first
        yield from found


def _plugins_of(distribution: Distribution) -> list[Candidate]:
    return [
        _of_entry_point(entry, distribution)
        for entry in distribution.entry_points
        if entry.group == PROJECT
    ]


def _of_entry_point(entry: EntryPoint, distribution: Distribution) -> Candidate:
    module = entry.value.partition(":")[0].strip()
    return Candidate(
        entry.name,
        entry.load,
        distribution.version,
        distribution.name,
        module=module,
        # Around ours lies the whole service: they have a package each.
        digest=digest_of(module, alone=distribution.name == PROJECT),
    )


def _broken(distribution: Distribution, error: Exception) -> Iterator[Candidate]:
    """Yield a candidate that cannot be used, if the distribution seems to bring a plugin."""
    place: Any = getattr(distribution, "_path", None)  # there is no other way to name it
    try:
        names_plugins = f"[{PROJECT}]".encode() in (place / "entry_points.txt").read_bytes()
    except Exception:  # noqa: BLE001 - then there is nothing to tell of
        return
    if names_plugins:
        name = place.name.partition("-")[0]
        reason = f"the metadata of its distribution cannot be read: {in_short(error)}"
        yield Candidate(name, lambda: None, distribution=name, file=str(place), problem=reason)
