"""Starting or stopping several machines one after the other, with a report of partial failure."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from domain.shared.errors import ToolFailed

T = TypeVar("T")
R = TypeVar("R")


def each_in_turn(
    things: Iterable[T], act: Callable[[T], R], name_of: Callable[[T], str]
) -> list[R]:
    """Call ``act`` for each thing in turn, and return the results.

    Raises:
        ToolFailed: it failed for one thing; the message names those for which it had succeeded.

    """
    done: list[str] = []
    results: list[R] = []
    for thing in things:
        try:
            results.append(act(thing))
        except ToolFailed as error:
            if not done:
                raise
            before = f"This was done for {', '.join(done)}, and then failed"
            raise ToolFailed(f"{before} for {name_of(thing)}: {error.message}") from error
        done.append(name_of(thing))
    return results
