"""A tool with parameters of many types, and values that are hard to turn into JSON."""

import enum
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from plugins.authoring.tool import tool


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Weekday(enum.IntEnum):
    MONDAY = 1


class Size(str, enum.Enum):  # noqa: UP042 - as authors write them
    SMALL = "small"


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    title: str = "home"


@tool(effect="write", idempotent=True, open_world=True, timeout=5, category="post")
def send(
    to: Address,
    day: date,
    colour: Colour = Colour.RED,
    kind: Literal["letter", "parcel"] = "letter",
    weight: Annotated[float, Field(gt=0, description="in grams")] = 20.0,
    tags: list[str] = [],  # noqa: B006 - each call has its own copy, which a test shows
) -> dict[str, Any]:
    """Send something.

    It is collected in the evening.

    Args:
        to: where to send it.
        day: when to send it.
        weight: not this one.

    Returns:
        What was sent.

    """
    tags.append("sent")
    return {"to": to, "day": day, "colour": colour, "kind": kind, "weight": weight, "tags": tags}


ARGUMENTS = {"to": {"street": "Main St"}, "day": "2026-02-03"}


def looped() -> list[Any]:
    loop: list[Any] = []
    loop.append(loop)
    return loop
