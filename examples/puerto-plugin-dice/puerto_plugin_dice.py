"""Dice for Puerto: an example of a plugin, small enough to copy."""

import json
import os
import random
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from puerto import Registry, ToolContext, ToolFailed, hookimpl, tool


@tool(effect="read", category="games")
def roll_dice(
    sides: Annotated[int, Field(ge=2, le=1000)] = 6,
    count: Annotated[int, Field(ge=1, le=100)] = 1,
    seed: int | None = None,
) -> dict[str, Any]:
    """Roll dice and add up what they show: for a game, or to leave a choice to chance.

    Args:
        sides: how many sides each die has.
        count: how many dice to roll.
        seed: gives the same rolls every time.

    """
    dice = random.Random(seed)  # noqa: S311 - a game, no secret
    rolls = [dice.randint(1, sides) for _ in range(count)]
    return {"rolls": rolls, "total": sum(rolls)}


@tool(effect="write", category="games", timeout=5)
def save_roll(
    total: Annotated[int, Field(ge=1)],
    label: Annotated[str, Field(max_length=100)] = "",
    *,
    context: ToolContext,
) -> dict[str, Any]:
    """Save the total of a roll in the list of rolls.

    Args:
        total: what was rolled.
        label: what the roll was for.
        context: tells whose roll it is; the model does not see this parameter.

    """
    folder = os.environ.get("DICE_FOLDER")
    if not folder:
        raise ToolFailed("Rolls cannot be saved: the operator has not set DICE_FOLDER.")
    saved = {"total": total, "label": label, "user": context.user.username}
    with (Path(folder) / "rolls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(saved) + "\n")
    context.log.info("Saved a roll of %d", total)
    return saved


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register both tools."""
    registry.add_tools(roll_dice, save_roll)
