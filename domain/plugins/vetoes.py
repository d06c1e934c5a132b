"""The guard: asks plugins whether a call must not be made."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from domain.plugins.incidents import Part, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.plugins.ports import Vetoes
from domain.policy.policy import Proposal, Veto
from domain.shared.json_values import storable, type_name
from domain.shared.text import shorten
from domain.shared.untrusted import TooLate, raised, within
from domain.tools.tool import Effect

VETO_SECONDS: Final = 5.0
_REASON_LENGTH: Final = 300

_log = logging.getLogger(__name__)


class Guard:
    """Asks every veto that is registered, all at once, each for at most so many seconds.

    A guard that cannot speak lets nobody pass: where a veto raises, takes too long or gives no
    proper answer, the call is refused, and the reason names the plugin. ``lacking`` says which
    required plugin is not in use, if one is not: then only calls that read pass.
    """

    def __init__(
        self,
        source: Vetoes,
        *,
        seconds: float = VETO_SECONDS,
        lacking: Callable[[], str | None] = lambda: None,
        tell: ReportIncident = no_report,
    ) -> None:
        self._source = source
        self._seconds = seconds
        self._lacking = lacking
        self._tell = tell

    async def objections(self, proposals: Sequence[Proposal]) -> list[str | None]:
        """Return of each call why it must not be made, in words, or None."""
        vetoes = self._source.vetoes()
        asked = (self._objection(each, vetoes) for each in proposals)
        return await asyncio.gather(*asked)

    def objection_to_risk(self, effect: Effect) -> str | None:
        """Return why no call of this effect is made now, whatever the call, or None."""
        return None if effect is Effect.READ else self._lacking()

    async def _objection(
        self, proposal: Proposal, vetoes: Sequence[Registered[Veto]]
    ) -> str | None:
        if (risk := self.objection_to_risk(proposal.effect)) is not None:
            return risk
        asked = (self._ask(veto, proposal) for veto in vetoes)
        return next((why for why in await asyncio.gather(*asked) if why is not None), None)

    async def _ask(self, veto: Registered[Veto], proposal: Proposal) -> str | None:
        # A copy: what a plugin changes in it must not change the call.
        shown = replace(proposal, arguments=deepcopy(dict(proposal.arguments)))
        try:
            said: Any = await within(self._seconds, lambda: veto.value(shown))
        except Exception as error:  # noqa: BLE001  a stranger's code
            _log.error("the veto of the plugin %s failed", veto.plugin, exc_info=error)
            self._tell(veto.plugin, Part.VETO, error, veto.value)
            what = str(error) if isinstance(error, TooLate) else raised(error)
            return _refused(veto.plugin, f"could not be asked: {what}")
        if said is None:
            return None
        if not isinstance(said, str):
            odd = TypeError(f"it returned a {type_name(said)}, no text and not None")
            self._tell(veto.plugin, Part.VETO, odd, veto.value)
            return _refused(veto.plugin, "gave no proper answer")
        why = str.__str__(said)[: 4 * _REASON_LENGTH].strip() or "no reason given"
        return _refused(veto.plugin, f"forbids it: {why}")


def _refused(plugin: str, what: str) -> str:
    return storable(shorten(f"the plugin {plugin} {what}", _REASON_LENGTH))
