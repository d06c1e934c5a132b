"""Vetoes: plugins can forbid a tool call before it is made, or have a human asked about it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from domain.plugins.incidents import PluginPart, ReportIncident, no_report
from domain.plugins.plugin import Registered
from domain.plugins.ports import Vetoes
from domain.plugins.reasons import bounded_reason, failure_of, given_reason
from domain.policy.policy import Ask, Decision, Deny, Proposal, Verdict, Veto
from domain.shared.json_values import type_name
from domain.shared.untrusted import within
from domain.tools.tool import Effect

VETO_SECONDS: Final = 5.0
_NO_OBJECTION: Final = Verdict(Decision.ALLOW, "")

_log = logging.getLogger(__name__)


class VetoCheck:
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

    @property
    def has_vetoes(self) -> bool:
        """Tell whether any plugin has to be asked."""
        return bool(self._source.vetoes())

    async def verdicts(self, proposals: Sequence[Proposal]) -> list[Verdict]:
        """Return what the plugins say of each call: deny, ask, or allow if they have no objection.

        The verdict's rule names the plugins and gives their reasons. One that denies outweighs any
        that ask.
        """
        vetoes = self._source.vetoes()
        pending = (self._verdict(each, vetoes) for each in proposals)
        return await asyncio.gather(*pending)

    def objection_to_risk(self, effect: Effect) -> str | None:
        """Return why no call of this effect can be made now, or None."""
        return None if effect is Effect.READ else self._lacking()

    async def _verdict(self, proposal: Proposal, vetoes: Sequence[Registered[Veto]]) -> Verdict:
        if (risk := self.objection_to_risk(proposal.effect)) is not None:
            return Verdict(Decision.DENY, risk)
        if not vetoes:
            return _NO_OBJECTION
        answers = await asyncio.gather(*(self._ask(veto, proposal) for veto in vetoes))
        for answer in answers:
            if answer.decision is Decision.DENY:
                return answer
        asking = [answer.rule for answer in answers if answer.decision is Decision.ASK]
        return Verdict(Decision.ASK, "; ".join(asking)) if asking else _NO_OBJECTION

    async def _ask(self, veto: Registered[Veto], proposal: Proposal) -> Verdict:
        # A plugin may change its copy, never the call.
        shown = replace(proposal, arguments=deepcopy(dict(proposal.arguments)))
        try:
            answer: Any = await within(self._seconds, lambda: veto.value(shown))
        except Exception as error:  # noqa: BLE001  untrusted code
            _log.error("the veto of the plugin %s failed", veto.plugin, exc_info=error)
            self._tell(veto.plugin, PluginPart.VETO, error, veto.value)
            why = failure_of(error)
            return _verdict(Decision.DENY, veto.plugin, f"could not be asked: {why}")
        match answer:
            case None:
                return _NO_OBJECTION
            case str(reason):
                return _denied(veto.plugin, reason)
            case Deny(str(reason)) if type(answer) is Deny:
                return _denied(veto.plugin, reason)
            case Ask(str(reason)) if type(answer) is Ask:
                said = f"wants a human to approve it: {given_reason(reason)}"
                return _verdict(Decision.ASK, veto.plugin, said)
        odd = TypeError(f"it returned a {type_name(answer)}: no Deny or Ask with text, no None")
        self._tell(veto.plugin, PluginPart.VETO, odd, veto.value)
        return _verdict(Decision.DENY, veto.plugin, "gave no proper answer")


def _denied(plugin: str, reason: str) -> Verdict:
    return _verdict(Decision.DENY, plugin, f"forbids it: {given_reason(reason)}")


def _verdict(decision: Decision, plugin: str, what: str) -> Verdict:
    return Verdict(decision, bounded_reason(f"the plugin {plugin} {what}"))
