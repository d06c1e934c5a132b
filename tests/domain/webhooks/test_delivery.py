"""The schedule of tries, the payload, and what endpoints may subscribe to."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.notifications.lanes import lane_of
from domain.notifications.notices import Notice, NoticeType
from domain.webhooks.delivery import MOST_TRIES, Delivery, TryResult, pause_after
from domain.webhooks.endpoint import family_of, subscriptions

NOW = datetime(2026, 11, 20, 12, 0, 0, 500, tzinfo=UTC)


def test_there_are_ten_tries_over_three_days_with_growing_pauses() -> None:
    pauses = [pause_after(tries, 0.5) for tries in range(1, MOST_TRIES + 1)]
    known = [pause for pause in pauses if pause is not None]
    assert (len(known), pauses[-1]) == (9, None)
    assert known == sorted(known)
    assert timedelta(days=3) <= sum(known, timedelta()) < timedelta(days=3.1)


@pytest.mark.parametrize("tries", range(1, MOST_TRIES))
def test_pauses_have_a_jitter(tries: int) -> None:
    shortest, usual, longest = (pause_after(tries, chance) for chance in (0, 0.5, 1))
    assert shortest is not None
    assert usual is not None
    assert longest is not None
    assert shortest < usual < longest < 1.11 * usual


@pytest.mark.parametrize(
    ("answer", "success", "gone"),
    [
        (200, True, False),
        (204, True, False),
        (199, False, False),
        (302, False, False),
        (410, False, True),
        (500, False, False),
        (None, False, False),
    ],
)
def test_only_2xx_is_a_success(answer: int | None, success: bool, gone: bool) -> None:
    result = TryResult(NOW, answer)
    assert (result.is_success, result.is_gone) == (success, gone)


def test_the_payload_names_type_time_and_data() -> None:
    delivery = Delivery("d", "w", "run.failed", "r", {"run_id": "r"}, NOW)
    assert delivery.payload() == {
        "type": "run.failed",
        "timestamp": "2026-11-20T12:00:00.000500Z",
        "data": {"run_id": "r"},
    }


def test_all_a_kind_or_single_events_can_be_subscribed_to() -> None:
    known = subscriptions()
    assert {"*", "run.*", "alert.*", "run.completed", "alert.critical"} <= set(known)
    assert len(known) == len(set(known))
    assert {family_of(each) for each in NoticeType} <= set(known)


def test_a_lane_is_the_run_else_what_the_notice_is_of() -> None:
    both = Notice(NoticeType.RUN_FAILED, NOW, {"run_id": "r", "conversation_id": "c"})
    direct = Notice(NoticeType.RUN_FAILED, NOW, {"run_id": "r", "conversation_id": None})
    made = Notice(NoticeType.CONVERSATION_CREATED, NOW, {"conversation_id": "c"})
    learned = Notice(NoticeType.API_LEARNED, NOW, {"api_id": "a"})
    alert = Notice(NoticeType.ALERT_OK, NOW, {"plugin": "p", "key": "k"})
    assert [lane_of(each) for each in (both, direct, made, learned, alert)] == list("rrcap")
