"""The use cases of consents: list the requests, and answer one."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from domain.accounts.users import User
from domain.configuration.ports import Configurations
from domain.consents.consent import (
    Consent,
    ConsentDecision,
    ConsentStatus,
    answered,
    expired,
    require_waiting,
)
from domain.consents.ports import Consents
from domain.consents.replies import ConsentReply, ReplyReader
from domain.policy.audit import Audit, Decided
from domain.policy.policy import Decision, Proposal
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, Forbidden, Gone, NotFound
from domain.shared.ids import new_id
from domain.shared.paging import MAX_LIMIT, Page
from domain.shared.unit_of_work import UnitOfWork
from domain.tools.questions import account_asked_for


class ConsentService:
    """Answers consent requests, and lets the waiting runs go on.

    ``wake`` is called after the commit of an answer, to wake this worker's run loop.
    """

    def __init__(
        self,
        consents: Consents,
        audit: Audit,
        configurations: Configurations,
        replies: ReplyReader,
        unit_of_work: UnitOfWork,
        wake: Callable[[], object],
        clock: Clock,
    ) -> None:
        self._consents = consents
        self._audit = audit
        self._configurations = configurations
        self._replies = replies
        self._unit_of_work = unit_of_work
        self._wake = wake
        self._clock = clock

    async def find(
        self, user: User, status: ConsentStatus | None, limit: int, cursor: str | None
    ) -> Page[Consent]:
        """Return the consent requests of the user's runs, the newest first.

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

    async def answer(self, user: User, consent_id: str, reply: ConsentReply) -> Consent:
        """Store the answer, once, and let the run go on.

        Raises:
            NotFound: there is no such request for this user.
            InvalidRequest: edited arguments or values do not fit, or the answer fits another kind
                of request.
            Forbidden: the policy denies the call with the edited arguments.
            Conflict: it was answered before.
            Gone: its time is over.

        """
        consent = await self._consents.get(user.id, consent_id)
        answer = self._replies.read(consent, reply)
        if answer.params is not None:
            await self._require_allowed(user, consent, answer.params)

        async def store() -> Consent:
            now = self._clock.now()
            answered_consent = await keep_answer(self._consents, consent, answer, now)
            await self._audit.record([_decided(user, answered_consent, now)])
            self._unit_of_work.after_commit(self._wake)
            return answered_consent

        return await self._unit_of_work.run(store)

    async def account_connected(self, user: User, plugin: str, account: str) -> None:
        """Answer the requests that wait for this account of a plugin, which the user connected."""
        cursor: str | None = None
        while True:
            page = await self.find(user, ConsentStatus.WAITING, MAX_LIMIT, cursor)
            for consent in page.items:
                if account_asked_for(consent.question) == (plugin, account):
                    with suppress(Conflict, Gone, NotFound):  # or its run has ended meanwhile
                        await self.answer(user, consent.id, ConsentReply(approved=True))
            if (cursor := page.next_cursor) is None:
                return

    async def _require_allowed(
        self, user: User, consent: Consent, params: Mapping[str, Any]
    ) -> None:
        policy = (await self._configurations.load()).policy()
        verdict = policy.judge(Proposal(consent.tool, consent.effect, params, user.username))
        if verdict.decision is Decision.DENY:
            raise Forbidden(f"The operator's policy forbids these arguments ({verdict.rule}).")


async def keep_answer(
    consents: Consents, consent: Consent, answer: ConsentDecision, now: datetime
) -> Consent:
    """Store an answer if the request still waits; return the answered request.

    Raises:
        NotFound: the request is gone.
        Conflict: it was answered before, or its run has ended.
        Gone: its time is over.

    """
    settled = answered(consent, answer, now)
    if not await consents.settle(settled):  # another answer came first: raise by its state
        require_waiting(await consents.get(consent.user_id, consent.id), now)
        raise Conflict("This request cannot be answered now. Try again.")
    return settled


async def expire_due(consents: Consents, now: datetime, limit: int) -> int:
    """Expire overdue requests, so that their runs can be claimed; return how many."""
    due = await consents.due(now, limit)
    return sum([await consents.settle(expired(consent, now)) for consent in due])


def _decided(user: User, consent: Consent, at: datetime) -> Decided:
    """Return the audit record of a human's answer."""
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
