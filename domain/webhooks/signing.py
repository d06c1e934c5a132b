"""Signatures of deliveries as Standard Webhooks 1.0 has them.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the
signature is the HMAC-SHA256 of ``id.timestamp.body``, in base64 after ``v1,``; several, separated
by spaces, while a secret is being replaced. A secret is shown as ``whsec_`` and its key in base64.
"""

import binascii
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

PREFIX: Final = "whsec_"
_KEY_BYTES: Final = range(24, 65)  # the specification's bounds


def new_key() -> bytes:
    """Return a new random key."""
    return secrets.token_bytes(32)


def key_of(secret: str) -> bytes:
    """Return the key of a caller's secret.

    A ``whsec_...`` of a proper length holds its key; any other text is hashed to one, since it need
    be no base64.
    """
    if secret.startswith(PREFIX):
        try:
            key = b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) in _KEY_BYTES:
            return key
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def shown(key: bytes) -> str:
    """Return the secret that a receiver verifies with."""
    return PREFIX + b64encode(key).decode()


def signed_headers(
    keys: Sequence[bytes], delivery_id: str, at: datetime, body: bytes
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a delivery that is sent now, signed with each of the keys."""
    timestamp = str(int(at.timestamp()))
    content = f"{delivery_id}.{timestamp}.".encode() + body
    signatures = (hmac.new(key, content, sha256).digest() for key in keys)
    return (
        ("webhook-id", delivery_id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", " ".join(f"v1,{b64encode(each).decode()}" for each in signatures)),
    )
