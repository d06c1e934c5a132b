"""Where plugins come from: the entry points of the installed distributions."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from typing import Final

from plugins.hookspecs import PROJECT

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found but not yet imported. ``load`` imports it, and may raise anything."""

    name: str
    load: Callable[[], object]
    version: str = ""
    distribution: str = ""


def candidates() -> list[Candidate]:
    """Return what the group ``puerto`` names: our own plugins first, the others by name.

    Ours come first so that nobody's tool can take the name of a built-in one.
    """
    return sorted(_found(), key=lambda one: (one.distribution != PROJECT, one.name))


def _found() -> Iterator[Candidate]:
    """Yield every plugin, past distributions that are broken themselves."""
    seen = set()
    for distribution in distributions():
        try:
            name = distribution.name.lower()
            found = [] if name in seen else _plugins_of(distribution)
        except Exception as error:  # noqa: BLE001 - whatever is wrong in there, it is not ours
            _log.warning("The metadata of %r cannot be read: %r", distribution, error)
            continue
        seen.add(name)  # of two versions of one distribution, Python imports the first
        yield from found


def _plugins_of(distribution: Distribution) -> list[Candidate]:
    return [
        Candidate(entry.name, entry.load, distribution.version, distribution.name)
        for entry in distribution.entry_points
        if entry.group == PROJECT
    ]
