"""Running a plugin's code in a thread with a timeout, so that it can neither end nor block us."""

from collections.abc import Callable
from typing import TypeVar

from domain.shared.untrusted import TooLate, in_short, original, waited_for

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
    try:
        return waited_for(work, seconds)
    except TooLate:
        raise TooSlow(f"{late} took longer than {seconds:g} seconds") from None
    except Unfit:
        raise
    except Exception as error:  # noqa: BLE001  untrusted code
        raise Unfit(failed, error) from original(error)
