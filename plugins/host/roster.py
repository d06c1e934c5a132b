"""The list of plugins: what was found, what became of each, and how that changes."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

from domain.plugins.plugin import PluginState
from domain.plugins.switches import Switch, Switchboard
from plugins.host.candidates import Candidate
from plugins.host.discovery import candidates
from plugins.host.intake import take_in
from plugins.host.isolation import Unfit
from plugins.host.modules import read_again, root_of
from plugins.host.offers import Loaded
from plugins.host.preflight import Preflight
from plugins.host.registrations import Registrations
from plugins.host.site_paths import SitePaths

_log: Final = logging.getLogger(__name__)


class Roster:
    """The plugins of this process, in the order in which names are given away."""

    def __init__(
        self,
        blocked: Collection[str],
        folder: Path | None,
        seconds: float,
        preflight: Preflight | None = None,
    ) -> None:
        self.all: Sequence[Loaded] = ()
        self._blocked = frozenset(blocked)
        self._folder = folder
        self._seconds = seconds
        self._preflight = preflight
        self._site_paths = SitePaths()

    def add(self, candidate: Candidate, board: Switchboard) -> Loaded:
        """Take in one plugin that no search finds, in the place of one of its name that failed."""
        kept = [one for one in self.all if one.candidate.key != candidate.key or one.offer]
        *_, candidate = _unique([*(one.candidate for one in kept), candidate])
        loaded = self._load(candidate, board.plugin(candidate.name))
        self.all = (*kept, loaded)
        return loaded

    def search(self, board: Switchboard, *, is_first: bool) -> None:
        """Take in what came, drop what went, and try again what changed or did not work.

        The first time nothing that is imported already is read again.
        """
        self._site_paths.take_in()
        known = {one.candidate.key: one for one in self.all}
        found = [
            self._found(candidate, known.get(candidate.key), board, is_first=is_first)
            for candidate in self._candidates()
        ]
        self.all = (*found, *(one for one in self.all if not one.candidate.is_found))

    def follow(self, before: Switchboard, board: Switchboard) -> None:
        """Switch off, on, and read again what the switches say that did not say so before."""
        differing = [
            one.candidate
            for one in self.all
            if before.plugin(one.candidate.name) != board.plugin(one.candidate.name)
        ]
        if not differing:
            return
        changed = {candidate.name for candidate in differing}
        if any(board.plugin(one.name).is_on and one.is_found for one in differing):
            found = {candidate.key: candidate for candidate in self._candidates()}
        else:  # nothing is to be imported
            found = {one.candidate.key: one.candidate for one in self.all}
        self.all = tuple(
            self._switched(one, found, board.plugin(one.candidate.name))
            if one.candidate.name in changed
            else one
            for one in self.all
            if one.candidate.key in found or not one.candidate.is_found
        )

    def _candidates(self) -> Sequence[Candidate]:
        return list(_unique(candidates(self._folder)))

    def _found(
        self, candidate: Candidate, old: Loaded | None, board: Switchboard, *, is_first: bool
    ) -> Loaded:
        if old is not None and old.offer is not None and old.candidate.is_as(candidate):
            return old
        switch = board.plugin(candidate.name)
        return self._load(candidate, switch, old, again=not is_first)

    def _switched(self, one: Loaded, found: dict[tuple[str, ...], Candidate], to: Switch) -> Loaded:
        candidate = found.get(one.candidate.key, one.candidate)
        return self._load(candidate, to, one, again=candidate.is_found)

    def _load(
        self,
        candidate: Candidate,
        switch: Switch,
        old: Loaded | None = None,
        *,
        again: bool = False,
    ) -> Loaded:
        """Return what becomes of a candidate; ``old``, if in use, stays where the new one fails."""
        if (out := self._kept_out(candidate, switch)) is not None:
            return out
        try:
            return self._admit(candidate, old.offer if old else None, again=again)
        except Unfit as error:
            _log.warning(
                "Plugin %s cannot be used: %s", candidate.name, error, exc_info=error.__cause__
            )
            if old is not None and old.offer is not None:
                reason = f"the version before is still in use, as the new one is broken: {error}"
                return replace(old, reason=reason)
            return Loaded(candidate, PluginState.QUARANTINED, str(error))

    def _kept_out(self, candidate: Candidate, switch: Switch) -> Loaded | None:
        """Return a candidate that is not even to be imported, and why."""
        if candidate.name in self._blocked:
            return Loaded(candidate, PluginState.BLOCKED, "blocked by the operator")
        switch = switch.of(candidate.name, candidate.release)
        if switch.reason:
            return Loaded(candidate, PluginState.QUARANTINED, switch.told(candidate.name))
        if switch.waits_for:
            return Loaded(candidate, PluginState.DISABLED, switch.waits_for)
        if not switch.is_on:
            return Loaded(candidate, PluginState.DISABLED, "switched off by an operator")
        return None

    def _admit(self, candidate: Candidate, before: Registrations | None, *, again: bool) -> Loaded:
        if self._preflight is not None:
            self._preflight.require_harmless(candidate)
        root = root_of(candidate.module, candidate.distribution) if again else ""
        with read_again(root) if root else nullcontext():
            offer = take_in(candidate, self._seconds, before)
        return Loaded(candidate, PluginState.ACTIVE, "", offer)


def _unique(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates; those whose name an earlier one has get that as their problem."""
    first: dict[str, Candidate] = {}
    for one in found:
        owner = first.setdefault(one.name, one)
        if owner is one:
            yield one
            continue
        place = owner.file or owner.distribution
        of = f", of {place}" if place else ""
        problem = f"another plugin is called {one.name!r}{of}; names of plugins are unique"
        yield replace(one, problem=problem)
