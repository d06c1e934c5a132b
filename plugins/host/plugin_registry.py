"""The registry of plugins: loads, reloads and unloads them as discovery and switches require."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.plugins.places import place_of_error
from domain.plugins.plugin import PluginProblem, PluginState, ProblemKind
from domain.plugins.switches import Switch, Switchboard
from plugins.host.candidates import Candidate
from plugins.host.discovery import candidates
from plugins.host.isolation import Unfit
from plugins.host.loading import load_plugin
from plugins.host.modules import read_again, root_of
from plugins.host.offers import Loaded, quarantined
from plugins.host.preflight import Preflight
from plugins.host.registrar import Registrar
from plugins.host.registrations import Registrations
from plugins.host.site_paths import SitePaths

_log: Final = logging.getLogger(__name__)


class PluginRegistry:
    """The plugins of this process, in order of precedence for names.

    ``registrar_for`` returns what a candidate is to register with, given what it registered before.
    """

    def __init__(
        self,
        blocked: Collection[str],
        folder: Path | None,
        seconds: float,
        registrar_for: Callable[[Candidate, Registrations | None], Registrar],
        preflight: Preflight | None = None,
    ) -> None:
        self.all: Sequence[Loaded] = ()
        self._registrar_for = registrar_for
        self._blocked = frozenset(blocked)
        self._folder = folder
        self._seconds = seconds
        self._preflight = preflight
        self._site_paths = SitePaths()

    def add(self, candidate: Candidate, board: Switchboard) -> Loaded:
        """Load a plugin that discovery does not find; it replaces one of its name that failed."""
        others = [one for one in self.all if one.candidate.key != candidate.key or one.offer]
        *_, candidate = _unique([*(one.candidate for one in others), candidate])
        loaded = self._load(candidate, board.plugin(candidate.name))
        self.all = (*others, loaded)
        return loaded

    def read_again(self, candidate: Candidate, board: Switchboard) -> Loaded:
        """Load a plugin from disk, wherever it is; a broken one leaves that before in use."""
        old = next((one for one in self.all if one.candidate.key == candidate.key), None)
        others = [one for one in self.all if one is not old]
        *_, candidate = _unique([*(one.candidate for one in others), candidate])
        loaded = self._load(candidate, board.plugin(candidate.name), old, again=old is not None)
        self.all = (*others, loaded)
        return loaded

    def search(self, board: Switchboard, *, is_first: bool) -> None:
        """Discover plugins: load new ones, drop removed ones, reload changed or failed ones.

        With ``is_first`` modules that are imported already are not reloaded.
        """
        self._site_paths.take_in()
        known = {one.candidate.key: one for one in self.all}
        discovered = [
            self._discovered(candidate, known.get(candidate.key), board, is_first=is_first)
            for candidate in self._candidates()
        ]
        self.all = (*discovered, *(one for one in self.all if not one.candidate.is_found))

    def follow(self, before: Switchboard, board: Switchboard) -> None:
        """Load, reload or unload the plugins whose switches differ between the two boards."""
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

    def _discovered(
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
        """Load a candidate; if that fails, ``old`` stays in use, if it was."""
        if (excluded := self._excluded(candidate, switch)) is not None:
            return excluded
        registrar = self._registrar_for(candidate, old.offer if old else None)
        try:
            return self._admit(candidate, registrar, again=again)
        except Unfit as error:
            _log.warning(
                "Plugin %s cannot be used: %s", candidate.name, error, exc_info=error.__cause__
            )
            now = registrar.context.clock.now()
            if old is not None and old.offer is not None:
                reason = f"the version before is still in use, as the new one is broken: {error}"
                return replace(old, reason=reason, problems=[_unfit(candidate, reason, error, now)])
            problems = [_unfit(candidate, str(error), error, now)]
            return Loaded(candidate, PluginState.QUARANTINED, str(error), problems=problems)

    def _excluded(self, candidate: Candidate, switch: Switch) -> Loaded | None:
        """Return the state of a candidate that must not be imported, or None if it may be."""
        if candidate.name in self._blocked:
            return Loaded(candidate, PluginState.BLOCKED, "blocked by the operator")
        switch = switch.of(candidate.name, candidate.release)
        if switch.reason:
            reason = switch.describe(candidate.name)
            problems = [quarantined(candidate.name, reason, switch)]
            return Loaded(candidate, PluginState.QUARANTINED, reason, problems=problems)
        if switch.waits_for:
            return Loaded(candidate, PluginState.DISABLED, switch.waits_for)
        if not switch.is_on:
            return Loaded(candidate, PluginState.DISABLED, "switched off by an operator")
        return None

    def _admit(self, candidate: Candidate, registrar: Registrar, *, again: bool) -> Loaded:
        if self._preflight is not None:
            self._preflight.require_harmless(candidate)
        root = root_of(candidate.module, candidate.distribution) if again else ""
        with read_again(root) if root else nullcontext():
            offer = load_plugin(candidate, self._seconds, registrar)
        return Loaded(candidate, PluginState.ACTIVE, "", offer)


def _unfit(candidate: Candidate, what: str, error: Unfit, now: datetime) -> PluginProblem:
    """Return the problem of a plugin that cannot be loaded."""
    cause = error.__cause__
    where = place_of_error(cause, candidate.module) if cause is not None else ""
    remedy = f"correct it, or tell its author; then `puerto plugin reload {candidate.name}`"
    return PluginProblem(ProblemKind.QUARANTINED, what, where or candidate.file, now, remedy=remedy)


def _unique(all_candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates; one whose name is taken by an earlier one gets that as its problem."""
    first: dict[str, Candidate] = {}
    for one in all_candidates:
        owner = first.setdefault(one.name, one)
        if owner is one:
            yield one
            continue
        place = owner.file or owner.distribution
        of = f", of {place}" if place else ""
        problem = f"another plugin is called {one.name!r}{of}; names of plugins are unique"
        yield replace(one, problem=problem)
