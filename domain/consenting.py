"""The use cases of being asked: what waits, and what a human answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.auditing import answered
from domain.consents import Answer, Consent, ConsentKind, ConsentStatus, digest_of
from domain.errors import Forbidden, InvalidRequest, ToolError
from domain.identity import User
from domain.policy import Decision, Proposal
from domain.ports.audit import Audit
from domain.ports.clock import Clock
from domain.ports.configurations import Configurations
from domain.ports.consents import Consents
from domain.ports.toolbox import Toolbox
from domain.ports.unit_of_work import UnitOfWork
from domain.worker import Worker


@dataclass(frozen=True, slots=True)
class Said:
    """What the human said, as it came. Anything but ``approved`` true is a no.

    ``params`` are edited arguments; ``outcome`` (done, not_done, try_again) answers a question
    about an interrupted call.
    """

    approved: bool = False
    params: Mapping[str, Any] | None = None
    reason: str = ""
    outcome: ConsentStatus | None = None


class ConsentDesk:
    """Takes answers, and lets the runs that wait for them go on."""

    def __init__(
        self,
        consents: Consents,
        audit: Audit,
        configurations: Configurations,
        toolbox: Toolbox,
        unit_of_work: UnitOfWork,
        worker: Worker,
        clock: Clock,
    ) -> None:
        self._consents = consents
        self._audit = audit
        self._configurations = configurations
        self._toolbox = toolbox
        self._unit_of_work = unit_of_work
        self._worker = worker
        self._clock = clock

    async def answer(self, user: User, consent_id: str, said: Said) -> Consent:
        """Keep the answer, once, and let the run go on.

        Raises:
            NotFound: there is no such request for this user.
            InvalidRequest: edited arguments do not fit, or the answer fits another question.
            Forbidden: the policy denies the call with the edited arguments.
            Conflict: it was answered before.
            Gone: its time is over.

        """
        consent = await self._consents.get(user.id, consent_id)
        answer = self._read(consent, said)
        if answer.params is not None:
            await self._require_allowed(user, consent, answer.params)
        params = answer.params if answer.params is not None else consent.params
        digest = digest_of(consent.tool, consent.version, params)

        async def keep() -> Consent:
            now = self._clock.now()
            kept = await self._consents.answer(user.id, consent_id, answer, digest, now)
            await self._audit.record([answered(user, kept, now)])
            self._unit_of_work.after_commit(self._worker.look)
            return kept

        return await self._unit_of_work.run(keep)

    def _read(self, consent: Consent, said: Said) -> Answer:
        if consent.kind is ConsentKind.OUTCOME:
            if said.params is not None:
                raise InvalidRequest("An interrupted call cannot be given other arguments.")
            otherwise = ConsentStatus.TRY_AGAIN if said.approved else ConsentStatus.DENIED
            return Answer(said.outcome or otherwise, None, said.reason)
        if said.outcome is not None:
            raise InvalidRequest("This request asks for approval: send approved, not outcome.")
        if not said.approved:
            return Answer(ConsentStatus.DENIED, None, said.reason)
        params = None if said.params is None else self._checked(consent.tool, said.params)
        return Answer(ConsentStatus.APPROVED, params, said.reason)

    def _checked(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._toolbox.get(name).check(params)
        except ToolError as error:
            raise InvalidRequest(f"The edited arguments do not fit: {error.message}") from error

    async def _require_allowed(
        self, user: User, consent: Consent, params: Mapping[str, Any]
    ) -> None:
        policy = (await self._configurations.load()).policy()
        verdict = policy.judge(Proposal(consent.tool, consent.effect, params, user.username))
        if verdict.decision is Decision.DENY:
            raise Forbidden(f"The operator's policy forbids these arguments ({verdict.rule}).")
