"""Dice for Puerto: an example of a plugin, small enough to copy."""

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from puerto import Preview, Registry, ToolContext, ToolFailed, hookimpl, tool


class DiceSettings(BaseModel):
    """What an operator can set: by the variable DICE_FOLDER, or through the API."""

    folder: Path | None = Field(None, description="Where rolls.jsonl, the list of rolls, is.")


@dataclass
class Rolled:
    """What the dice show, and its sum."""

    rolls: list[int]
    total: int


@dataclass
class SavedRoll:
    """A line in the list of rolls."""

    total: int
    label: str
    user: str


@tool(effect="read", category="games")
def roll_dice(
    sides: Annotated[int, Field(ge=2, le=1000)] = 6,
    count: Annotated[int, Field(ge=1, le=100)] = 1,
    seed: int | None = None,
) -> Rolled:
    """Roll dice and add up what they show: for a game, or to leave a choice to chance.

    Args:
        sides: how many sides each die has.
        count: how many dice to roll.
        seed: gives the same rolls every time.

    """
    dice = random.Random(seed)  # noqa: S311 - a game, no secret
    rolls = [dice.randint(1, sides) for _ in range(count)]
    return Rolled(rolls, sum(rolls))


def show_saving(total: int, label: str) -> Preview:
    """Say what a call will do, for the person who is asked to approve it."""
    return Preview("Save a roll", f"of {total} {label}".rstrip())


@tool(effect="write", category="games", timeout=5, preview=show_saving)
def save_roll(
    total: Annotated[int, Field(ge=1)],
    label: Annotated[str, Field(max_length=100)] = "",
    *,
    context: ToolContext,
) -> SavedRoll:
    """Save the total of a roll in the list of rolls.

    Args:
        total: what was rolled.
        label: what the roll was for.
        context: tells whose roll it is; the model does not see this parameter.

    """
    folder = context.settings(DiceSettings).folder
    if folder is None:
        raise ToolFailed("Rolls cannot be saved: the operator has not set DICE_FOLDER.")
    saved = SavedRoll(total, label, context.user.username)
    with (folder / "rolls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(saved)) + "\n")
    context.log.info("Saved a roll of %d", total)
    return saved


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the settings and both tools."""
    registry.use_settings(DiceSettings)
    registry.add_tools(roll_dice, save_roll)
