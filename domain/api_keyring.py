"""The keyring: the credentials for learned APIs, the operator's and the users' own."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from domain.api_credentials import Credentials, Grant
from domain.errors import ToolFailed, Unavailable
from domain.ports.api_keys import ApiKeys, Cipher, SealedKeys
from domain.ports.clock import Clock

OPERATOR: Final = ""
"""The owner of what every user's calls are made with, where users have no keys of their own."""

_MOST: Final = 10_000  # refresh tokens of which the owner is remembered


class ApiKeyring:
    """Keeps credentials encrypted, and gives them out to calls alone."""

    def __init__(self, keys: ApiKeys, cipher: Cipher, clock: Clock) -> None:
        self._keys = keys
        self._cipher = cipher
        self._clock = clock
        self._refreshing: dict[tuple[str, str], tuple[str, str]] = {}

    async def put(self, api_id: str, owner: str, credentials: Mapping[str, Any]) -> None:
        """Keep credentials, as `Credentials.of` reads them, in the place of those before.

        Raises:
            NotFound: there is no such API.
            InvalidRequest: they are no credentials; the message holds none of them.

        """
        schemes = tuple(sorted(Credentials.of(credentials).by_scheme))
        sealed = self._cipher.seal(json.dumps(credentials).encode(), _place(api_id, owner))
        await self._keys.put(SealedKeys(api_id, owner, schemes, sealed, self._clock.now()))

    async def schemes(self, api_id: str, owner: str) -> tuple[str, ...]:
        """Return what there are credentials for, by name."""
        kept = await self._keys.get(api_id, owner)
        return kept.schemes if kept is not None else ()

    async def remove(self, api_id: str, owner: str) -> None:
        """Forget credentials, if there are any."""
        await self._keys.remove(api_id, owner)

    async def credentials(self, api_id: str, owner: str) -> Credentials:
        """Return what calls are made with; none if there are none.

        Raises:
            ToolFailed: they cannot be decrypted here.

        """
        kept = await self._keys.get(api_id, owner)
        if kept is None:
            return Credentials()
        try:
            told = self._opened(kept)
        except Unavailable as error:
            raise ToolFailed(error.message) from error
        if not self._cipher.is_current(
            kept.sealed
        ):  # the key was changed: seal it with the new one
            await self.put(api_id, owner, told)
        found = Credentials.of(told)
        for credential in found.by_scheme.values():
            if isinstance(credential, Grant) and credential.refresh_token:
                self._remember(credential, api_id, owner)
        return found

    async def rotated(self, grant: Grant, refresh_token: str) -> None:
        """Keep the refresh token that took the place of a grant's own."""
        place = self._refreshing.get((grant.client_id, grant.refresh_token))
        kept = await self._keys.get(*place) if place is not None else None
        if kept is None:
            return
        told = self._opened(kept)
        renewed = {
            scheme: value | {"refresh_token": refresh_token}
            if isinstance(value, dict) and value.get("refresh_token") == grant.refresh_token
            else value
            for scheme, value in told.items()
        }
        await self.put(kept.api_id, kept.owner, renewed)
        self._remember(replace(grant, refresh_token=refresh_token), kept.api_id, kept.owner)

    def _opened(self, kept: SealedKeys) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            self._cipher.open(kept.sealed, _place(kept.api_id, kept.owner))
        )
        return told

    def _remember(self, grant: Grant, api_id: str, owner: str) -> None:
        if len(self._refreshing) >= _MOST:
            self._refreshing.clear()
        self._refreshing[grant.client_id, grant.refresh_token] = (api_id, owner)


def _place(api_id: str, owner: str) -> str:
    return f"learned_credentials {api_id} {owner}"
