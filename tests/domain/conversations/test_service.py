"""The rules of conversations, whichever face asks."""

from datetime import timedelta
from functools import partial

import pytest

from domain.configuration.configuration import require_configured
from domain.conversations.model_preference import ModelPreference
from domain.conversations.service import ConversationEdit, ConversationService
from domain.shared.errors import Conflict, InvalidRequest, NotFound, RunInProgress
from domain.shared.ids import new_id
from domain.shared.text import shorten
from tests.adapters.persistence.stores import a_run
from tests.domain.builders import ANN, NOW
from tests.domain.house import BOB
from tests.fakes.clock import FakeClock
from tests.fakes.models import FakeModel, FakeModels
from tests.fakes.persistence import FakeStore

NO_PREFERENCE = ModelPreference()
LONG = "word " * 40


class Kept:
    """A service over a store of its own, whose one provider is `fake`."""

    def __init__(self) -> None:
        self.store, self.clock = FakeStore(), FakeClock(NOW)
        check = partial(require_configured, models=FakeModels(FakeModel()))
        self.service = ConversationService(self.store.conversations, self.clock, check)


async def test_a_title_is_one_line_that_fits() -> None:
    kept = Kept()
    made = await kept.service.create(ANN, LONG, NO_PREFERENCE)
    assert made.title == shorten(LONG, 80)
    renamed = await kept.service.change(ANN, made.id, {"title": f"  New\n{LONG}"})
    assert renamed.title == shorten(f"New {LONG}", 80)
    assert await kept.service.get(ANN, made.id) == renamed


async def test_a_change_is_dated_and_leaves_the_rest() -> None:
    kept = Kept()
    made = await kept.service.create(ANN, "Sums", ModelPreference("fake", "m"))
    kept.clock.advance(timedelta(minutes=1))
    renamed = await kept.service.change(ANN, made.id, {"title": "Products"})
    assert (renamed.provider, renamed.model) == ("fake", "m")
    assert renamed.updated_at == made.updated_at + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"provider": "fake"}, ("fake", "m")),
        ({"provider": None}, (None, None)),
        ({"provider": None, "model": "n"}, (None, "n")),
        ({"model": None}, ("fake", None)),
    ],
)
async def test_another_provider_without_a_model_means_its_default(
    change: ConversationEdit, after: tuple[str | None, str | None]
) -> None:
    kept = Kept()
    made = await kept.service.create(ANN, "Sums", ModelPreference("fake", "m"))
    changed = await kept.service.change(ANN, made.id, change)
    assert (changed.provider, changed.model) == after


async def test_a_provider_that_could_not_answer_is_refused() -> None:
    kept = Kept()
    made = await kept.service.create(ANN, "Sums", NO_PREFERENCE)
    for name, refusal in (("mystery", InvalidRequest), ("absent", Conflict)):
        with pytest.raises(refusal):
            await kept.service.create(ANN, "Sums", ModelPreference(name))
        with pytest.raises(refusal):
            await kept.service.change(ANN, made.id, {"provider": name})
    assert (await kept.service.page(ANN, 9)).items == [made]


async def test_nobody_elses() -> None:
    kept = Kept()
    made = await kept.service.create(ANN, "Sums", NO_PREFERENCE)
    for attempt in (
        kept.service.get(BOB, made.id),
        kept.service.whole(BOB, made.id),
        kept.service.change(BOB, made.id, {"title": "Mine"}),
        kept.service.change(BOB, made.id, {"provider": "fake"}),
        kept.service.delete(BOB, made.id),
        kept.service.get(ANN, new_id()),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await kept.service.page(BOB, 9)).items == []


async def test_one_that_is_being_answered_stays() -> None:
    kept = Kept()
    run = a_run(ANN.id)
    await kept.store.runs.start(run, 1)
    conversation_id = run.started.conversation_id
    with pytest.raises(RunInProgress) as refused:
        await kept.service.delete(ANN, conversation_id)
    assert refused.value.details["run_id"] == run.id
    assert (await kept.service.get(ANN, conversation_id)).active_run_id == run.id
