"""Callers: who sends a request, by a login's token, an API key, or another provider's token."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from domain.accounts.api_keys import (
    MOST_KEYS,
    ApiKey,
    Scope,
    is_api_key,
    is_well_formed,
    made_of,
    new_key,
)
from domain.accounts.authentication import Authentication
from domain.accounts.foreign_users import ForeignCallers
from domain.accounts.identity import Identity
from domain.accounts.ports import ApiKeys
from domain.accounts.recent import Recent
from domain.accounts.secrets import fingerprint
from domain.accounts.users import User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, InvalidRequest, Unauthenticated
from domain.shared.ids import new_id

_NEVER: Final = datetime.max.replace(tzinfo=UTC)

_log = logging.getLogger(__name__)


class ApiKeyService:
    """Makes, lists and revokes API keys, and recognises them.

    A key is looked up at most every `RECHECK_SECONDS` on each worker, so a revoked one may still be
    accepted for that long.
    """

    def __init__(self, keys: ApiKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._recent = Recent[str, tuple[ApiKey, User]](clock)

    async def make(
        self, user: User, name: str, scopes: frozenset[Scope], expires_at: datetime | None
    ) -> tuple[ApiKey, str]:
        """Make a key of the user's; return its record, and the key itself, which is not stored.

        Raises:
            InvalidRequest: it would be over at once.
            Conflict: the user has as many as there may be.

        """
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise InvalidRequest("The key would be over at once: give a time in the future.")
        key = new_key()
        record = made_of(key, new_id(), user, name, scopes, now, expires_at)
        if not await self._keys.add(record, most=MOST_KEYS):
            raise Conflict(f"There are {MOST_KEYS} keys already: revoke one first.")
        told = ", ".join(record.scopes)
        _log.info("%s made the API key %s (%s): %s", user.username, record.beginning, name, told)
        return record, key

    async def all(self, user: User) -> list[ApiKey]:
        """Return the user's keys, the newest first."""
        return list(await self._keys.of_user(user.id))

    async def revoke(self, user: User, key_id: str) -> None:
        """Revoke a key, on every worker within `RECHECK_SECONDS`.

        Raises:
            NotFound: the user has no such key.

        """
        record = await self._keys.remove(user.id, key_id)
        self._recent.drop(record.fingerprint)
        _log.info("%s revoked the API key %s (%s)", user.username, record.beginning, record.name)

    def forget(self) -> None:
        """Look every key up again when it is used next."""
        self._recent.clear()

    async def recognise(self, key: str) -> Identity:
        """Return who may use a key.

        Raises:
            Unauthenticated: it has a typo, was revoked or is over, or its owner is disabled.

        """
        if not is_well_formed(key):
            raise Unauthenticated("The API key is not valid: it has a typo, or is cut short.")
        return await self.of_fingerprint(fingerprint(key))

    async def of_fingerprint(self, key_fingerprint: str) -> Identity:
        """Return who may use the key with this fingerprint.

        Raises:
            Unauthenticated: it was revoked or is over, or its owner is disabled.

        """
        now = self._clock.now()
        found = await self._found(key_fingerprint, now)
        if found is None or found[0].is_over(now):
            raise Unauthenticated("The API key is not valid: it was revoked, or is over.")
        record, user = found
        return Identity(
            replace(user, key_id=record.id),
            session_id="",
            expires_at=record.expires_at or _NEVER,
            scopes=frozenset(record.scopes),
            key=key_fingerprint,
        )

    async def _found(self, key_fingerprint: str, now: datetime) -> tuple[ApiKey, User] | None:
        if (recent := self._recent.get(key_fingerprint)) is not None:
            return recent
        stored = await self._keys.by_fingerprint(key_fingerprint)
        if stored is None:
            return None
        record, user = stored
        if record.is_to_touch(now):
            await self._keys.touch(record.id, now)
            record = replace(record, last_used_at=now)
        self._recent.put(key_fingerprint, (record, user))
        return record, user


class Callers:
    """Recognises who calls, by whichever credentials.

    A credential is told by its form or its issuer, so each is checked in one way only.
    """

    def __init__(
        self,
        authentication: Authentication,
        keys: ApiKeyService,
        foreign: ForeignCallers | None = None,
    ) -> None:
        self._authentication = authentication
        self._keys = keys
        self._foreign = foreign

    async def recognise(self, token: str) -> Identity:
        """Return who an access token was issued to, or may use an API key.

        Raises:
            Unauthenticated: it is not valid.
            Forbidden: another provider issued it, and lets its user not in.
            Unavailable: the keys of that provider cannot be read now.

        """
        if is_api_key(token):
            return await self._keys.recognise(token)
        if self._foreign is not None and self._foreign.issued(token):
            return await self._foreign.recognise(token)
        return await self._authentication.recognise(token)

    async def recheck(self, identity: Identity) -> Identity:
        """Return who it is, if they may still call: for streams, which last.

        Raises:
            Unauthenticated: the login, the key or the token is over.

        """
        if identity.key is not None:
            return await self._keys.of_fingerprint(identity.key)
        if identity.foreign is not None and self._foreign is not None:
            return await self._foreign.recheck(identity, identity.foreign)
        return await self._authentication.of_session(identity.session_id, identity.expires_at)

    def forget(self) -> None:
        """Look all credentials up again when they are used next."""
        self._authentication.forget()
        self._keys.forget()
        if self._foreign is not None:
            self._foreign.forget()
