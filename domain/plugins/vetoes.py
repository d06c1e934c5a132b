"""Vetoes: plugins can forbid a tool call before it is made."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from domain.plugins.incidents import PluginPart, ReportIncident, no_report
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
    """Calls all registered vetoes concurrently, each with a timeout of ``seconds``.

    It fails closed: where a veto raises, times out or returns no proper answer, the call is
    refused, and the reason names the plugin. ``lacking`` describes a required plugin that is not in
    use: then only calls that read pass.
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
        """Return for each call why it must not be made, in words, or None."""
        vetoes = self._source.vetoes()
        pending = (self._objection(each, vetoes) for each in proposals)
        return await asyncio.gather(*pending)

    def objection_to_risk(self, effect: Effect) -> str | None:
        """Return why no call of this effect can be made now, or None."""
        return None if effect is Effect.READ else self._lacking()

    async def _objection(
        self, proposal: Proposal, vetoes: Sequence[Registered[Veto]]
    ) -> str | None:
        if (risk := self.objection_to_risk(proposal.effect)) is not None:
            return risk
        pending = (self._ask(veto, proposal) for veto in vetoes)
        return next((why for why in await asyncio.gather(*pending) if why is not None), None)

    async def _ask(self, veto: Registered[Veto], proposal: Proposal) -> str | None:
        # A plugin may change its copy, never the call.
        shown = replace(proposal, arguments=deepcopy(dict(proposal.arguments)))
        try:
            answer: Any = await within(self._seconds, lambda: veto.value(shown))
        except Exception as error:  # noqa: BLE001  untrusted code
            _log.error("the veto of the plugin %s failed", veto.plugin, exc_info=error)
            self._tell(veto.plugin, PluginPart.VETO, error, veto.value)
            what = str(error) if isinstance(error, TooLate) else raised(error)
            return _refused(veto.plugin, f"could not be asked: {what}")
        if answer is None:
            return None
        if not isinstance(answer, str):
            odd = TypeError(f"it returned a {type_name(answer)}, no text and not None")
            self._tell(veto.plugin, PluginPart.VETO, odd, veto.value)
            return _refused(veto.plugin, "gave no proper answer")
        why = str.__str__(answer)[: 4 * _REASON_LENGTH].strip() or "no reason given"
        return _refused(veto.plugin, f"forbids it: {why}")


def _refused(plugin: str, what: str) -> str:
    return storable(shorten(f"the plugin {plugin} {what}", _REASON_LENGTH))
