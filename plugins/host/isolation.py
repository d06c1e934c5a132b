"""Running a stranger's code so that it can neither end nor hold up the service.

A thread cannot be killed: one that takes too long is left to itself, and nobody waits for it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from domain.shared.untrusted import in_short

T = TypeVar("T")


class Unfit(Exception):
    """A plugin cannot be used, and why."""

    def __init__(self, what: str, error: BaseException | None = None) -> None:
        super().__init__(what if error is None else f"{what}: {in_short(error)}")


class TooSlow(Unfit):
    """A plugin cannot be used, for it takes too long."""


def in_isolation(work: Callable[[], T], seconds: float, *, failed: str, late: str) -> T:
    """Return what ``work`` returns, in a thread of its own; ``failed`` and ``late`` are reasons.

    Raises:
        Unfit: it raised, anything at all, or (`TooSlow`) took longer than ``seconds``.

    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  SystemExit and its like are no reason to go
            outcome.set_exception(error)

    threading.Thread(target=run, name="puerto plugin", daemon=True).start()
    try:
        error = outcome.exception(seconds)
    except TimeoutError:
        raise TooSlow(f"{late} took longer than {seconds:g} seconds") from None
    if isinstance(error, Unfit):
        raise error
    if error is not None:
        raise Unfit(failed, error) from error
    return outcome.result()
