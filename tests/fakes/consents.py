"""Consents, kept answers, the audit and signals, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from adapters.persistence.engine.codec import storable
from domain.consents.consent import Consent, ConsentStatus
from domain.consents.ports import Consents
from domain.policy.audit import Audit, Decided
from domain.runs.ports import Signals
from domain.shared.errors import IdempotencyConflict, NotFound
from domain.shared.idempotency import LIFE, IdempotencyStore, RequestKey
from domain.shared.list_cursors import read_place, write_place
from domain.shared.paging import Page
from tests.fakes.memory import Memory, StoredAnswer


class FakeConsents(Consents):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def get(self, user_id: str, consent_id: str) -> Consent:
        found = self._memory.consents.get(consent_id)
        if found is None or found.user_id != user_id:
            raise NotFound("There is no such request.")
        return found

    @override
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

    @override
    async def of_run(self, run_id: str) -> Sequence[Consent]:
        return self._memory.consents_of(run_id)

    @override
    async def due(self, now: datetime, limit: int) -> Sequence[Consent]:
        due = [
            consent
            for consent in self._memory.consents.values()
            if consent.status is ConsentStatus.WAITING and consent.expires_at <= now
        ]
        return sorted(due, key=lambda consent: consent.expires_at)[:limit]

    @override
    async def settle(self, consent: Consent) -> bool:
        kept = self._memory.consents.get(consent.id)
        if kept is None or kept.status is not ConsentStatus.WAITING:
            return False
        self._memory.settle(consent)
        return True


class FakeAnswers(IdempotencyStore):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def reserve(self, key: RequestKey, outcome: str | None = None) -> str | None:
        place = (key.user_id, storable(key.key))
        kept = self._memory.answers.get(place)
        if kept is None or kept.key.at <= key.at - LIFE:
            self._memory.answers[place] = StoredAnswer(key, outcome)
            return None
        if kept.key.fingerprint != key.fingerprint:
            raise IdempotencyConflict("This key came before with another request.")
        return kept.outcome

    @override
    async def keep(self, key: RequestKey, answer: str) -> None:
        place = (key.user_id, storable(key.key))
        self._memory.answers[place] = replace(self._memory.answers[place], outcome=answer)


class FakeAudit(Audit):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def record(self, decisions: Sequence[Decided]) -> None:
        self._memory.audit |= {decided.id: decided for decided in decisions}

    @override
    async def page(self, limit: int, cursor: str | None) -> Page[Decided]:
        found = sorted(self._memory.audit.values(), key=lambda one: (one.at, one.id), reverse=True)
        if cursor is not None:
            place = read_place("audit", cursor)
            found = [one for one in found if (one.at, one.id) < place]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("audit", page[-1].at, page[-1].id))


class FakeSignals(Signals):
    """Nobody else is there to have news."""

    @override
    async def start(self, heard: Callable[[str], None], work: Callable[[], None]) -> None:
        pass

    @override
    async def stop(self) -> None:
        pass
