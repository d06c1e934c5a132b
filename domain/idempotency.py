"""Requests that may come twice and must be done once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.errors import PuertoError

LIFE: Final = timedelta(hours=24)
KEY_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A client's name for one request; ``fingerprint`` tells another request from the same."""

    user_id: str
    key: str
    fingerprint: str
    at: datetime


class AlreadyDone(PuertoError):
    """The same request came before; ``outcome`` is what came of it, as it was kept."""

    def __init__(self, outcome: str) -> None:
        super().__init__("This request was made before.")
        self.outcome = outcome
