"""The credential store of learned APIs: the operator's and the users' own, encrypted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.learning.api.credentials import Credentials, OAuthGrant
from domain.learning.api.fixed_arguments import Values
from domain.learning.ports import LearnedCredentials, SealedCredentials
from domain.shared.cipher import Cipher, open_json, seal_json
from domain.shared.clock import Clock
from domain.shared.errors import ToolFailed, Unavailable

OPERATOR: Final = ""
"""The owner of the credentials for all users' calls, unless an API is called per user."""

FIXED: Final = "#fixed"
"""The owner of the fixed arguments' values; ``#`` occurs in no user's id."""

_MOST: Final = 10_000  # refresh tokens whose place is remembered


class CredentialStore:
    """Stores credentials encrypted, and decrypts them for calls only."""

    def __init__(self, keys: LearnedCredentials, cipher: Cipher, clock: Clock) -> None:
        self._keys = keys
        self._cipher = cipher
        self._clock = clock
        self._refreshing: dict[tuple[str, str], _CredentialKey] = {}

    async def put(self, api_id: str, owner: str, credentials: Mapping[str, Any]) -> None:
        """Store credentials, in the form of `Credentials.of`; they replace the earlier ones.

        Raises:
            NotFound: there is no such API.
            InvalidRequest: they are no credentials; the message holds none of them.

        """
        schemes = tuple(sorted(Credentials.of(credentials).by_scheme))
        await self._seal(api_id, owner, schemes, credentials)

    async def keep(
        self, api_id: str, credentials: Mapping[str, Any] | None, fixed: Values | None
    ) -> None:
        """Store the operator's credentials and fixed values; ``{}`` deletes, None leaves them.

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
        """Return the values of the fixed arguments.

        Raises:
            ToolFailed: they cannot be decrypted here.

        """
        stored = await self._keys.get(api_id, FIXED)
        if stored is None:
            return {}
        try:
            values = self._opened(stored)
        except Unavailable as error:
            raise ToolFailed(error.message) from error
        if not self._cipher.is_current(stored.sealed):
            await self._seal(api_id, FIXED, stored.schemes, values)
        return values

    async def schemes(self, api_id: str, owner: str) -> tuple[str, ...]:
        """Return the names of the security schemes for which credentials are stored."""
        stored = await self._keys.get(api_id, owner)
        return stored.schemes if stored is not None else ()

    async def remove(self, api_id: str, owner: str) -> None:
        """Delete credentials, if there are any."""
        await self._keys.remove(api_id, owner)

    async def credentials(self, api_id: str, owner: str) -> Credentials:
        """Return the decrypted credentials; empty if there are none.

        Raises:
            ToolFailed: they cannot be decrypted here.

        """
        stored = await self._keys.get(api_id, owner)
        if stored is None:
            return Credentials()
        try:
            values = self._opened(stored)
        except Unavailable as error:
            raise ToolFailed(error.message) from error
        if not self._cipher.is_current(
            stored.sealed
        ):  # the master key was rotated: encrypt with the new one
            await self.put(api_id, owner, values)
        credentials = Credentials.of(values)
        for scheme, credential in credentials.by_scheme.items():
            if isinstance(credential, OAuthGrant) and credential.refresh_token:
                self._remember(credential, _CredentialKey(api_id, owner, scheme))
        return credentials

    async def rotated(self, grant: OAuthGrant, refresh_token: str) -> None:
        """Store the refresh token that the provider issued in place of a grant's own (rotation)."""
        place = self._refreshing.get((grant.client_id, grant.refresh_token))
        if place is None:
            return
        stored = await self._keys.get(place.api_id, place.owner)
        values = self._opened(stored) if stored is not None else {}
        value = values.get(place.scheme)
        if not isinstance(value, dict) or value.get("client_id") != grant.client_id:
            return  # other credentials were set meanwhile
        renewed = values | {place.scheme: value | {"refresh_token": refresh_token}}
        await self.put(place.api_id, place.owner, renewed)
        self._remember(replace(grant, refresh_token=refresh_token), place)

    async def _seal(
        self, api_id: str, owner: str, names: tuple[str, ...], values: Mapping[str, Any]
    ) -> None:
        sealed = seal_json(self._cipher, values, _place(api_id, owner))
        await self._keys.put(SealedCredentials(api_id, owner, names, sealed, self._clock.now()))

    def _opened(self, stored: SealedCredentials) -> dict[str, Any]:
        return open_json(self._cipher, stored.sealed, _place(stored.api_id, stored.owner))

    def _remember(self, grant: OAuthGrant, place: "_CredentialKey") -> None:
        key = (grant.client_id, grant.refresh_token)
        self._refreshing.pop(key, None)
        if len(self._refreshing) >= _MOST:
            del self._refreshing[next(iter(self._refreshing))]  # the one read longest ago
        self._refreshing[key] = place


@dataclass(frozen=True, slots=True)
class _CredentialKey:
    """The key under which a credential is stored."""

    api_id: str
    owner: str
    scheme: str


def _place(api_id: str, owner: str) -> str:
    return f"learned_credentials {api_id} {owner}"
