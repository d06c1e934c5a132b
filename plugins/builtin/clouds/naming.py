"""Finding machines by the names that people give them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from domain.shared.errors import ToolFailed
from plugins.host.suggestions import did_you_mean

T = TypeVar("T")


def named(
    machines: Iterable[T], names: Sequence[str], name_of: Callable[[T], str], place: str
) -> list[T]:
    """Return the machines of these names, one for each; a name counts in any case of letters.

    Raises:
        ToolFailed: there is none of a name, or more than one: ``place`` then tells them apart.

    """
    known: dict[str, list[T]] = {}
    for machine in machines:
        known.setdefault(name_of(machine).lower(), []).append(machine)
    chosen = []
    for name in dict.fromkeys(each.lower() for each in names):
        found = known.get(name, [])
        if not found:
            raise ToolFailed(f"There is no machine {name!r}.{did_you_mean(name, known)}")
        if len(found) > 1:
            raise ToolFailed(f"There are {len(found)} machines {name!r}: say in which {place}.")
        chosen.append(found[0])
    return chosen
