"""Changing the configuration: what is left out stays."""

import logging
from dataclasses import replace

import pytest

from domain.accounts.users import Role
from domain.configuration.configuration import Configuration
from domain.configuration.service import (
    DEFAULT_MODEL,
    ConfigurationChange,
    ConfigurationService,
)
from domain.models.messages import ModelChoice
from domain.policy.policy import Autonomy
from domain.shared.errors import InvalidRequest
from tests.domain.builders import ANN
from tests.fakes.models import FakeModel, FakeModels
from tests.fakes.persistence import FakeStore

ADMIN = replace(ANN, role=Role.ADMIN)
OLD = Configuration("openai", "gpt-x", fallbacks=(ModelChoice("google", "g"),))


@pytest.mark.parametrize(
    ("change", "new"),
    [
        (ConfigurationChange(), OLD),
        (ConfigurationChange(model="gpt-y"), replace(OLD, model="gpt-y")),
        (ConfigurationChange(model=DEFAULT_MODEL), replace(OLD, model=None)),
        (ConfigurationChange("openai"), OLD),
        (ConfigurationChange("google"), replace(OLD, provider="google", model=None)),
        (ConfigurationChange("google", "g2"), replace(OLD, provider="google", model="g2")),
        (ConfigurationChange(fallbacks=[]), replace(OLD, fallbacks=[])),
        (
            ConfigurationChange(autonomy=Autonomy.FULL),
            replace(OLD, autonomy=Autonomy.FULL),
        ),
        (
            ConfigurationChange(clouds={"aws": True}),
            replace(OLD, clouds={"aws": True, "azure": False, "gcp": False}),
        ),
    ],
)
def test_what_is_left_out_stays(change: ConfigurationChange, new: Configuration) -> None:
    assert change.applied_to(OLD) == new


async def test_a_change_is_kept_logged_and_shown_with_its_models(
    caplog: pytest.LogCaptureFixture,
) -> None:
    looked: list[str] = []

    async def look() -> None:
        looked.append("once")

    store = FakeStore(Configuration("fake"))
    models = FakeModels(FakeModel())
    service = ConfigurationService(store.configurations, models, look)

    with caplog.at_level(logging.INFO, "puerto.changes"):
        changed = await service.change(ADMIN, ConfigurationChange(autonomy=Autonomy.FULL))
        assert looked == []
        await service.change(ADMIN, ConfigurationChange(clouds={"aws": True}))
    assert looked == ["once"]
    assert changed.model == models.default_model("fake")
    assert (await store.configurations.load()).model is None
    assert await service.get(ANN) == replace(changed, clouds={**changed.clouds, "aws": True})
    assert "autonomy: full in the place of semi" in caplog.text
    with pytest.raises(InvalidRequest):
        await service.change(ADMIN, ConfigurationChange("nobody"))
