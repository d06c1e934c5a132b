"""Running a plugin's code in a thread with a timeout, so that it can neither end nor block us.

A thread cannot be killed: one that takes too long goes on, but nobody waits for it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from domain.shared.untrusted import in_short

T = TypeVar("T")


class Unfit(Exception):
    """A plugin cannot be used; the message says why."""

    def __init__(self, what: str, error: BaseException | None = None) -> None:
        super().__init__(what if error is None else f"{what}: {in_short(error)}")


class TooSlow(Unfit):
    """A plugin cannot be used because it takes too long."""


def in_isolation(work: Callable[[], T], seconds: float, *, failed: str, late: str) -> T:
    """Call ``work`` in a thread of its own and return its result.

    ``failed`` begins the message if it raises; ``late`` names the work in that of a timeout.

    Raises:
        Unfit: it raised anything.
        TooSlow: it took longer than ``seconds``.

    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  SystemExit and the like must not pass, too
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
