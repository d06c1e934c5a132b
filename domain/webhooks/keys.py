"""The keys of an endpoint: encrypted at rest, and two of them while one replaces the other."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.shared.cipher import Cipher, seal_json
from domain.shared.secrets_in_use import IN_USE
from domain.webhooks.endpoint import Webhook

OVERLAP: Final = timedelta(hours=24)
"""How long deliveries are signed with the replaced key, too."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The current key, and the one before it with its end."""

    current: bytes
    previous: bytes | None = None
    previous_until: datetime | None = None

    def at(self, now: datetime) -> tuple[bytes, ...]:
        """Return the keys to sign with, the current one first."""
        until = self.previous_until
        if self.previous is None or until is None or until <= now:
            return (self.current,)
        return (self.current, self.previous)

    def replaced(self, key: bytes, now: datetime) -> "Keys":
        """Return the keys after a rotation."""
        return Keys(key, self.current, now + OVERLAP)


class WebhookKeys:
    """Encrypts the keys of endpoints for storage, and decrypts them for signing."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    def seal(self, webhook_id: str, keys: Keys) -> bytes:
        """Encrypt the keys of an endpoint."""
        values = {
            "current": b64encode(keys.current).decode(),
            "previous": None if keys.previous is None else b64encode(keys.previous).decode(),
            "previous_until": keys.previous_until and keys.previous_until.isoformat(),
        }
        return seal_json(self._cipher, values, _place(webhook_id))

    def sealed_anew(self, webhook: Webhook, keys: Keys) -> bytes | None:
        """Return the keys encrypted with the current master key; None where they are already."""
        if self._cipher.is_current(webhook.sealed):
            return None
        return self.seal(webhook.id, keys)

    def open(self, webhook: Webhook) -> Keys:
        """Decrypt the keys of an endpoint.

        Raises:
            Unavailable: the key that encrypted them is not configured, or they are damaged.

        """
        values = json.loads(self._cipher.open(webhook.sealed, _place(webhook.id)))
        previous, until = values["previous"], values["previous_until"]
        IN_USE.add([each for each in (values["current"], previous) if each is not None])
        return Keys(
            b64decode(values["current"]),
            None if previous is None else b64decode(previous),
            None if until is None else datetime.fromisoformat(until),
        )


def _place(webhook_id: str) -> str:
    return f"webhook {webhook_id}"
