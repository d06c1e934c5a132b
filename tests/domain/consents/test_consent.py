"""What becomes of a consent request: decided here, whatever keeps it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.consents.consent import (
    Consent,
    ConsentDecision,
    ConsentKind,
    ConsentStatus,
    answered,
    digest_of,
    expired,
    withdrawn,
)
from domain.shared.errors import Conflict, Gone
from domain.tools.tool import Effect
from tests.domain.builders import ANN, NOW

LATER = NOW + timedelta(hours=1)
END = NOW + timedelta(hours=24)
ASKED = Consent(
    id="c",
    run_id="r",
    call_id="1",
    user_id=ANN.id,
    kind=ConsentKind.APPROVAL,
    tool="send",
    version="v1",
    params={"q": 1},
    effect=Effect.WRITE,
    reason="rule 1",
    preview="send(q=1)",
    digest=digest_of("send", "v1", {"q": 1}),
    created_at=NOW,
    expires_at=END,
)
ANSWERS = [
    ConsentStatus.APPROVED,
    ConsentStatus.DENIED,
    ConsentStatus.DONE,
    ConsentStatus.NOT_DONE,
    ConsentStatus.TRY_AGAIN,
]


@pytest.mark.parametrize("status", ANSWERS)
def test_an_answer_is_taken_while_the_request_waits(status: ConsentStatus) -> None:
    kept = answered(ASKED, ConsentDecision(status, None, "be\0cause"), LATER)

    assert kept == replace(ASKED, status=status, answer_reason="be\ufffdcause", answered_at=LATER)


def test_other_arguments_have_another_digest_and_the_first_are_kept() -> None:
    kept = answered(ASKED, ConsentDecision(ConsentStatus.APPROVED, {"q": 2}), LATER)

    assert (kept.params, kept.original_params) == ({"q": 2}, {"q": 1})
    assert kept.digest == digest_of("send", "v1", {"q": 2})


def test_its_time_is_over_at_the_very_moment() -> None:
    answered(ASKED, ConsentDecision(ConsentStatus.APPROVED), END - timedelta.resolution)
    with pytest.raises(Gone):
        answered(ASKED, ConsentDecision(ConsentStatus.APPROVED), END)


@pytest.mark.parametrize("status", set(ConsentStatus) - {ConsentStatus.WAITING})
def test_what_waits_no_more_takes_no_answer(status: ConsentStatus) -> None:
    settled = replace(ASKED, status=status)
    refusal = Gone if status is ConsentStatus.EXPIRED else Conflict
    for now in (LATER, END):
        with pytest.raises(refusal):
            answered(settled, ConsentDecision(ConsentStatus.APPROVED), now)


def test_nobody_answered() -> None:
    assert expired(ASKED, END) == replace(ASKED, status=ConsentStatus.EXPIRED, answered_at=END)
    ended = replace(ASKED, status=ConsentStatus.CANCELLED, answered_at=LATER)
    assert withdrawn(ASKED, LATER) == ended


def test_only_a_yes_lets_a_call_run() -> None:
    running = {status for status in ConsentStatus if status.lets_run}
    assert running == {ConsentStatus.APPROVED, ConsentStatus.TRY_AGAIN}
