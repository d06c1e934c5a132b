"""The port to encryption at rest, and JSON through it."""

import json
from collections.abc import Mapping
from typing import Any, Protocol


class Cipher(Protocol):
    """Authenticated encryption; a ciphertext is bound to its place (associated data).

    A stolen database, or a row that is copied into another's place, gives nothing away.
    """

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt data, bound to its place."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt data that was sealed for this place.

        Raises:
            Unavailable: its key is not configured, or it is damaged.

        """
        ...

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether it was sealed with the current key."""
        ...


def seal_json(cipher: Cipher, values: Mapping[str, Any], place: str) -> bytes:
    """Encrypt a JSON object, bound to its place."""
    return cipher.seal(json.dumps(values).encode(), place)


def open_json(cipher: Cipher, sealed: bytes, place: str) -> dict[str, Any]:
    """Decrypt a JSON object that was sealed for this place.

    Raises:
        Unavailable: its key is not configured, or it is damaged.

    """
    values: dict[str, Any] = json.loads(cipher.open(sealed, place))
    return values
