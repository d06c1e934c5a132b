"""API keys: credentials of programs, with a name, scopes and an end.

A key is ``pto_``, 30 random characters (base 62, 178 bits), and the CRC-32 of what stands before it
in 6 characters, as GitHub's tokens have it
(https://github.blog/engineering/behind-githubs-new-authentication-token-formats/): a typo, or a
scanner of secrets, needs no database to tell.
"""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zlib import crc32

from domain.accounts.secrets import fingerprint
from domain.accounts.users import User

PREFIX: Final = "pto_"
_RANDOM: Final = 30
_CHECK: Final = 6
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH: Final = len(PREFIX) + _RANDOM + _CHECK
SHOWN: Final = 8  # characters of the beginning that lists show, and 4 of the end

MOST_KEYS: Final = 100  # of one user
TOUCHED: Final = timedelta(minutes=1)  # between two writes of when something was used


class Scope(StrEnum):
    """What a key may be used for. It never allows more than its owner's role."""

    CHAT = "chat"
    TOOLS_READ = "tools:read"
    TOOLS_EXECUTE = "tools:execute"
    LEARN = "learn"
    WEBHOOKS = "webhooks"
    ADMIN = "admin"  # everything that its owner may do, but for what needs a login


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, without its secret: ``beginning`` and ``ending`` are the characters that are shown."""

    id: str
    user_id: str
    name: str
    fingerprint: str
    beginning: str
    ending: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time has passed."""
        return self.expires_at is not None and self.expires_at <= now

    def is_to_touch(self, now: datetime) -> bool:
        """Tell whether it is time to store that it was used: not at each request."""
        return self.last_used_at is None or self.last_used_at + TOUCHED <= now


def new_key() -> str:
    """Return a new key."""
    head = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return head + _check_of(head)


def is_api_key(token: str) -> bool:
    """Tell whether a token is an API key, and no access token."""
    return token.startswith(PREFIX)


def is_well_formed(key: str) -> bool:
    """Tell whether a key has the right length and checksum: else it has a typo, or is made up."""
    is_plain = key.isascii() and len(key) == _LENGTH
    return is_plain and key[-_CHECK:] == _check_of(key[:-_CHECK])


def made_of(
    key: str,
    key_id: str,
    user: User,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None,
) -> ApiKey:
    """Return the record of a new key."""
    return ApiKey(
        id=key_id,
        user_id=user.id,
        name=name,
        fingerprint=fingerprint(key),
        beginning=key[:SHOWN],
        ending=key[-4:],
        scopes=tuple(sorted(set(scopes))),
        created_at=now,
        expires_at=expires_at,
    )


def _check_of(head: str) -> str:
    number, digits = crc32(head.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
