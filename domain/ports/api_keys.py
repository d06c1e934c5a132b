"""The ports to credentials at rest: where they are kept, and what encrypts them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """The credentials of one owner for one API, encrypted. The operator's have no ``owner``."""

    api_id: str
    owner: str
    schemes: tuple[str, ...]
    sealed: bytes = field(repr=False)
    at: datetime


class ApiKeys(Protocol):
    """Encrypted credentials by API and owner."""

    async def put(self, keys: SealedKeys) -> None:
        """Keep these in the place of those before.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def get(self, api_id: str, owner: str) -> SealedKeys | None:
        """Return those of one owner."""
        ...

    async def remove(self, api_id: str, owner: str) -> None:
        """Forget those of one owner, if there are any."""
        ...


class Cipher(Protocol):
    """Encrypts, so that a database alone, or a row in another one's place, gives nothing away."""

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt data that belongs in that place."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what was sealed for that place.

        Raises:
            Unavailable: it was sealed with a key that is not at hand, or is damaged.

        """
        ...

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether it was sealed with the key that is in use now."""
        ...
