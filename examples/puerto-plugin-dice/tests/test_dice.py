"""A decorated function is still a function, so testing it needs nothing of Puerto's."""

import pytest
from puerto_plugin_dice import roll_dice, save_roll

from puerto import InvalidArguments


def test_rolls_are_within_the_sides():
    rolled = roll_dice(sides=4, count=50)
    assert len(rolled["rolls"]) == 50
    assert set(rolled["rolls"]) <= {1, 2, 3, 4}
    assert rolled["total"] == sum(rolled["rolls"])


def test_a_seed_gives_the_same_rolls():
    assert roll_dice(count=20, seed=7) == roll_dice(count=20, seed=7)


def test_arguments_are_checked_and_defaults_filled_in():
    assert roll_dice.check({"sides": "20"}) == {"sides": 20, "count": 1, "seed": None}
    with pytest.raises(InvalidArguments, match="sides"):
        roll_dice.check({"sides": 1})


def test_effects_are_told_apart():
    assert roll_dice.spec.effect == "read"
    assert save_roll.spec.effect == "write"
