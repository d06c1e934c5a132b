"""A decorated function is still a function, so testing it needs nothing of Puerto's."""

import json

import pytest
from puerto_plugin_dice import DiceSettings, roll_dice, save_roll

from puerto import InvalidArguments, ToolFailed
from puerto.testing import context_for_tests


def test_rolls_are_within_the_sides():
    rolled = roll_dice(sides=4, count=50)
    assert len(rolled.rolls) == 50
    assert set(rolled.rolls) <= {1, 2, 3, 4}
    assert rolled.total == sum(rolled.rolls)


def test_a_seed_gives_the_same_rolls():
    assert roll_dice(count=20, seed=7) == roll_dice(count=20, seed=7)


def test_arguments_are_checked_and_defaults_filled_in():
    assert roll_dice.check({"sides": "20"}) == {"sides": 20, "count": 1, "seed": None}
    with pytest.raises(InvalidArguments, match="sides"):
        roll_dice.check({"sides": 1})


def test_a_roll_is_saved_in_the_folder_of_the_settings(tmp_path):
    context = context_for_tests(settings=DiceSettings(folder=tmp_path))
    assert save_roll(7, "start", context=context).user == "ada"
    assert json.loads((tmp_path / "rolls.jsonl").read_text())["total"] == 7


def test_without_a_folder_it_says_what_to_set():
    with pytest.raises(ToolFailed, match="DICE_FOLDER"):
        save_roll(7, context=context_for_tests(settings=DiceSettings()))


def test_effects_are_told_apart():
    assert roll_dice.spec.effect == "read"
    assert save_roll.spec.effect == "write"
