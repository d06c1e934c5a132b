"""The keyring: the credentials for learned APIs, the operator's and the users' own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.learning.credentials import Credentials, Grant
from domain.learning.fixed_arguments import Values
from domain.learning.ports import ApiKeys, Cipher, SealedKeys
from domain.shared.clock import Clock
from domain.shared.errors import ToolFailed, Unavailable

OPERATOR: Final = ""
"""The owner of what every user's calls are made with, where users have no keys of their own."""

FIXED: Final = "#fixed"
"""The owner of the arguments that an operator fixed; no user's id has such a sign."""

_MOST: Final = 10_000  # refresh tokens of which the owner is remembered


class ApiKeyring:
    """Keeps credentials encrypted, and gives them out to calls alone."""

    def __init__(self, keys: ApiKeys, cipher: Cipher, clock: Clock) -> None:
        self._keys = keys
        self._cipher = cipher
        self._clock = clock
        self._refreshing: dict[tuple[str, str], _Place] = {}

    async def put(self, api_id: str, owner: str, credentials: Mapping[str, Any]) -> None:
        """Keep credentials, as `Credentials.of` reads them, in the place of those before.

        Raises:
            NotFound: there is no such API.
            InvalidRequest: they are no credentials; the message holds none of them.

        """
        schemes = tuple(sorted(Credentials.of(credentials).by_scheme))
        await self._seal(api_id, owner, schemes, credentials)

    async def keep(
        self, api_id: str, credentials: Mapping[str, Any] | None, fixed: Values | None
    ) -> None:
        """Keep what the operator gives; ``{}`` removes what is kept, None leaves it.

        Raises:
            NotFound: there is no such API.
            InvalidRequest: the credentials are none; the message holds none of them.

        """
        if credentials:
            await self.put(api_id, OPERATOR, credentials)
        elif credentials is not None:
            await self.remove(api_id, OPERATOR)
        if fixed:
            await self._seal(api_id, FIXED, tuple(sorted(fixed)), fixed)
        elif fixed is not None:
            await self.remove(api_id, FIXED)

    async def fixed(self, api_id: str) -> Values:
        """Return the values of the arguments that are fixed.

        Raises:
            ToolFailed: they cannot be decrypted here.

        """
        kept = await self._keys.get(api_id, FIXED)
        if kept is None:
            return {}
        try:
            told = self._opened(kept)
        except Unavailable as error:
            raise ToolFailed(error.message) from error
        if not self._cipher.is_current(kept.sealed):
            await self._seal(api_id, FIXED, kept.schemes, told)
        return told

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
        for scheme, credential in found.by_scheme.items():
            if isinstance(credential, Grant) and credential.refresh_token:
                self._remember(credential, _Place(api_id, owner, scheme))
        return found

    async def rotated(self, grant: Grant, refresh_token: str) -> None:
        """Keep the refresh token that took the place of a grant's own."""
        place = self._refreshing.get((grant.client_id, grant.refresh_token))
        if place is None:
            return
        kept = await self._keys.get(place.api_id, place.owner)
        told = self._opened(kept) if kept is not None else {}
        value = told.get(place.scheme)
        if not isinstance(value, dict) or value.get("client_id") != grant.client_id:
            return  # others were set meanwhile
        renewed = told | {place.scheme: value | {"refresh_token": refresh_token}}
        await self.put(place.api_id, place.owner, renewed)
        self._remember(replace(grant, refresh_token=refresh_token), place)

    async def _seal(
        self, api_id: str, owner: str, names: tuple[str, ...], values: Mapping[str, Any]
    ) -> None:
        sealed = self._cipher.seal(json.dumps(values).encode(), _place(api_id, owner))
        await self._keys.put(SealedKeys(api_id, owner, names, sealed, self._clock.now()))

    def _opened(self, kept: SealedKeys) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            self._cipher.open(kept.sealed, _place(kept.api_id, kept.owner))
        )
        return told

    def _remember(self, grant: Grant, place: "_Place") -> None:
        if len(self._refreshing) >= _MOST:
            self._refreshing.clear()
        self._refreshing[grant.client_id, grant.refresh_token] = place


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a credential is kept."""

    api_id: str
    owner: str
    scheme: str


def _place(api_id: str, owner: str) -> str:
    return f"learned_credentials {api_id} {owner}"
