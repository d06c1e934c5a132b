"""Consents, kept answers, the audit and signals, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from adapters.persistence.codec import storable
from adapters.persistence.keys import read_place, write_place
from domain.consents import Answer, Consent, ConsentStatus
from domain.errors import Conflict, Gone, IdempotencyConflict, NotFound
from domain.idempotency import LIFE, RequestKey
from domain.paging import Page
from domain.ports.audit import Decided
from tests.fakes.memory import Memory, StoredAnswer


class FakeConsents:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def get(self, user_id: str, consent_id: str) -> Consent:
        found = self._memory.consents.get(consent_id)
        if found is None or found.user_id != user_id:
            raise NotFound("There is no such request.")
        return found

    async def page(
        self, user_id: str, status: ConsentStatus | None, limit: int, cursor: str | None
    ) -> Page[Consent]:
        found = sorted(
            (
                consent
                for consent in self._memory.consents.values()
                if consent.user_id == user_id and status in {None, consent.status}
            ),
            key=lambda consent: (consent.created_at, consent.id),
            reverse=True,
        )
        if cursor is not None:
            place = read_place("requests", cursor)
            found = [one for one in found if (one.created_at, one.id) < place]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("requests", page[-1].created_at, page[-1].id))

    async def of_run(self, run_id: str) -> Sequence[Consent]:
        return self._memory.consents_of(run_id)

    async def answer(
        self, user_id: str, consent_id: str, answer: Answer, digest: str, now: datetime
    ) -> Consent:
        consent = await self.get(user_id, consent_id)
        if consent.status is ConsentStatus.WAITING and consent.expires_at <= now:
            consent = replace(consent, status=ConsentStatus.EXPIRED, answered_at=now)
            self._memory.settle(consent)
        if consent.status is ConsentStatus.EXPIRED:
            raise Gone("Nobody answered this request in time.")
        if consent.status is not ConsentStatus.WAITING:
            raise Conflict("This request was answered before, or its run has ended.")
        answered = replace(
            consent,
            status=answer.status,
            answer_reason=storable(answer.reason),
            answered_at=now,
            digest=digest,
        )
        if answer.params is not None:
            answered = replace(answered, params=answer.params, original_params=consent.params)
        self._memory.settle(answered)
        return answered

    async def expire(self, now: datetime, limit: int) -> int:
        due = [
            consent
            for consent in self._memory.consents.values()
            if consent.status is ConsentStatus.WAITING and consent.expires_at <= now
        ]
        due = sorted(due, key=lambda consent: consent.expires_at)[:limit]
        for consent in due:
            ended = replace(consent, status=ConsentStatus.EXPIRED, answered_at=now)
            self._memory.settle(ended)
        return len(due)


class FakeAnswers:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def reserve(self, key: RequestKey, outcome: str | None = None) -> str | None:
        place = (key.user_id, storable(key.key))
        kept = self._memory.answers.get(place)
        if kept is None or kept.key.at <= key.at - LIFE:
            self._memory.answers[place] = StoredAnswer(key, outcome)
            return None
        if kept.key.fingerprint != key.fingerprint:
            raise IdempotencyConflict("This key came before with another request.")
        return kept.outcome

    async def keep(self, key: RequestKey, answer: str) -> None:
        place = (key.user_id, storable(key.key))
        self._memory.answers[place] = replace(self._memory.answers[place], outcome=answer)


class FakeAudit:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def record(self, decisions: Sequence[Decided]) -> None:
        self._memory.audit |= {decided.id: decided for decided in decisions}

    async def page(self, limit: int, cursor: str | None) -> Page[Decided]:
        found = sorted(self._memory.audit.values(), key=lambda one: (one.at, one.id), reverse=True)
        if cursor is not None:
            place = read_place("audit", cursor)
            found = [one for one in found if (one.at, one.id) < place]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("audit", page[-1].at, page[-1].id))


class FakeSignals:
    """Nobody else is there to have news."""

    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        """Listen to nobody."""

    async def stop(self) -> None:
        """Go on hearing nothing."""
