"""Which model is preferred after somebody said something else."""

import pytest

from domain.configuration.configuration import Configuration
from domain.conversations.model_preference import ModelChange, ModelPreference

BEFORE = ModelPreference("a", "m")


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({}, BEFORE),
        ({"model": "n"}, ModelPreference("a", "n")),
        ({"model": None}, ModelPreference("a", None)),
        ({"provider": "a"}, BEFORE),
        ({"provider": "b"}, ModelPreference("b", None)),
        ({"provider": "b", "model": "m"}, ModelPreference("b", "m")),
        ({"provider": None}, ModelPreference(None, None)),
    ],
)
def test_another_provider_without_a_model_means_its_default(
    change: ModelChange, after: ModelPreference
) -> None:
    assert BEFORE.changed(change) == after


@pytest.mark.parametrize(
    ("provider", "model", "after"),
    [
        (None, None, ("a", "m")),
        ("a", None, ("a", "m")),
        ("b", None, ("b", None)),
        (None, "n", ("a", "n")),
        ("b", "n", ("b", "n")),
    ],
)
def test_a_message_prefers_by_the_same_rule(
    provider: str | None, model: str | None, after: tuple[str, str | None]
) -> None:
    found = Configuration("a", "m").preferring(provider, model)
    assert (found.provider, found.model) == after
