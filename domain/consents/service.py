"""The use cases of being asked: what waits, and what a human answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.accounts.users import User
from domain.configuration.ports import Configurations
from domain.consents.consent import (
    Answer,
    Consent,
    ConsentKind,
    ConsentStatus,
    answered,
    expired,
    require_waiting,
)
from domain.consents.ports import Consents
from domain.policy.audit import Audit, Decided
from domain.policy.policy import Decision, Proposal
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, Forbidden, InvalidRequest, ToolError
from domain.shared.ids import new_id
from domain.shared.paging import Page
from domain.shared.unit_of_work import UnitOfWork
from domain.tools.ports import Toolbox


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
    """Takes answers, and lets the runs that wait for them go on.

    ``wake`` is called after an answer is kept, for whoever goes on with runs here.
    """

    def __init__(
        self,
        consents: Consents,
        audit: Audit,
        configurations: Configurations,
        toolbox: Toolbox,
        unit_of_work: UnitOfWork,
        wake: Callable[[], object],
        clock: Clock,
    ) -> None:
        self._consents = consents
        self._audit = audit
        self._configurations = configurations
        self._toolbox = toolbox
        self._unit_of_work = unit_of_work
        self._wake = wake
        self._clock = clock

    async def find(
        self, user: User, status: ConsentStatus | None, limit: int, cursor: str | None
    ) -> Page[Consent]:
        """Return what the user's runs have asked, the newest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        return await self._consents.page(user.id, status, limit, cursor)

    async def get(self, user: User, consent_id: str) -> Consent:
        """Return one request.

        Raises:
            NotFound: there is none for this user.

        """
        return await self._consents.get(user.id, consent_id)

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

        async def keep() -> Consent:
            now = self._clock.now()
            kept = await keep_answer(self._consents, consent, answer, now)
            await self._audit.record([_decided(user, kept, now)])
            self._unit_of_work.after_commit(self._wake)
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


async def keep_answer(
    consents: Consents, consent: Consent, answer: Answer, now: datetime
) -> Consent:
    """Keep an answer if the request still waits; return the request with it.

    Raises:
        NotFound: the request is gone.
        Conflict: it was answered before, or its run has ended.
        Gone: its time is over.

    """
    settled = answered(consent, answer, now)
    if not await consents.settle(settled):  # somebody came first: it says now what became of it
        require_waiting(await consents.get(consent.user_id, consent.id), now)
        raise Conflict("This request cannot be answered now. Try again.")
    return settled


async def expire_due(consents: Consents, now: datetime, limit: int) -> int:
    """End requests whose time is over, and let their runs be claimed; return how many."""
    due = await consents.due(now, limit)
    return sum([await consents.settle(expired(consent, now)) for consent in due])


def _decided(user: User, consent: Consent, at: datetime) -> Decided:
    """Return the record of what a human decided about a call."""
    return Decided(
        id=new_id(),
        at=at,
        user_id=user.id,
        username=user.username,
        run_id=consent.run_id,
        call_id=consent.call_id,
        tool=consent.tool,
        effect=consent.effect,
        params=consent.params,
        digest=consent.digest,
        decision=consent.status,
        rule=f"{user.username} answered the request {consent.id}",
    )
