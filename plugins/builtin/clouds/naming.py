"""Names of machines and places: lists in settings, and lookup of machines by name."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from domain.shared.errors import ToolFailed
from domain.shared.text import did_you_mean

T = TypeVar("T")


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    return list(dict.fromkeys(filter(None, map(str.strip, value.split(",")))))


CommaList = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""A setting that is a list: in a variable, its items are separated by commas."""


def named(
    machines: Iterable[T], names: Sequence[str], name_of: Callable[[T], str], place: str
) -> list[T]:
    """Return the machines of these names, one for each; letter case does not matter.

    ``place`` is the word for what tells machines of one name apart, such as ``zone``.

    Raises:
        ToolFailed: there is no machine of a name, or more than one.

    """
    known: dict[str, list[T]] = {}
    for machine in machines:
        known.setdefault(name_of(machine).lower(), []).append(machine)
    chosen = []
    for name in dict.fromkeys(each.lower() for each in names):
        matches = known.get(name, [])
        if not matches:
            raise ToolFailed(f"There is no machine {name!r}.{did_you_mean(name, known)}")
        if len(matches) > 1:
            raise ToolFailed(f"There are {len(matches)} machines {name!r}: say in which {place}.")
        chosen.append(matches[0])
    return chosen
