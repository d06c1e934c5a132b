"""Encryption at rest: AES-256-GCM, with a key derived from a secret by HKDF.

A ciphertext begins with the id of its key, so that keys can be rotated. Its place is associated
data: copied into another row, it cannot be decrypted.
"""

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from typing_extensions import override

from domain.shared.cipher import Cipher
from domain.shared.errors import Unavailable

_FORM: Final = b"1"
_ID: Final = 8  # bytes
_NONCE: Final = 12
_PURPOSE: Final = b"puerto: secrets at rest"


class AesCipher(Cipher):
    """Encrypts with the current key, and decrypts with the current or an older one.

    The secret is asked for when it is first needed: commands that only look make none.
    """

    def __init__(self, secret: Callable[[], str], older: Sequence[str] = ()) -> None:
        self._secret = secret
        self._older = older

    def prepare(self) -> None:
        """Make the keys now.

        Raises:
            Unavailable: the secret cannot be kept or read.

        """
        _ = self._keys

    @cached_property
    def _keys(self) -> tuple[bytes, dict[bytes, AESGCM]]:
        """The id of the current key, and the ciphers by the ids of their keys."""
        keys = [_key(each) for each in (self._secret(), *self._older)]
        return _id(keys[0]), {_id(key): AESGCM(key) for key in reversed(keys)}

    @override
    def seal(self, data: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE)
        current, ciphers = self._keys
        head = _FORM + current
        sealed = ciphers[current].encrypt(nonce, data, head + place.encode())
        return head + nonce + sealed

    @override
    def open(self, sealed: bytes, place: str) -> bytes:
        head, rest = sealed[: len(_FORM) + _ID], sealed[len(_FORM) + _ID :]
        cipher = self._keys[1].get(head[len(_FORM) :])
        if not sealed.startswith(_FORM) or cipher is None:
            raise Unavailable(
                "A secret in the database was encrypted with another key: every worker needs the "
                "same ENCRYPTION_KEY, and PUERTO_OLD_ENCRYPTION_KEYS must hold those before it."
            )
        try:
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], head + place.encode())
        except (InvalidTag, ValueError) as error:
            raise Unavailable("A secret in the database is damaged. Give it again.") from error

    @override
    def is_current(self, sealed: bytes) -> bool:
        return sealed.startswith(_FORM + self._keys[0])


def _key(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret.encode())


def _id(key: bytes) -> bytes:
    return sha256(_PURPOSE + key).digest()[:_ID]
