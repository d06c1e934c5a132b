"""The use cases of a user's own credentials for learned APIs: state, set, remove."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.accounts.users import User
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiScheme
from domain.learning.credential_store import CredentialStore
from domain.learning.ports import LearnedApis
from domain.shared.errors import Conflict, Unprocessable

_log = logging.getLogger("puerto.changes")


@dataclass(frozen=True, slots=True)
class OwnCredentialsState:
    """The security schemes of an API, and those for which the user's own credentials are set.

    ``per_user`` says whether calls of the API use them.
    """

    given: Sequence[str]
    per_user: bool
    asked: Sequence[ApiScheme]


class OwnCredentials:
    """Stores each user's own credentials, for APIs with the setting ``per_user``."""

    def __init__(self, apis: LearnedApis, credential_store: CredentialStore) -> None:
        self._apis = apis
        self._credential_store = credential_store

    async def state(self, user: User, api_id: str) -> OwnCredentialsState:
        """Return for which schemes a user's own credentials are set, never the credentials.

        Raises:
            NotFound: there is no such API.

        """
        return await self._state(user, await self._apis.get(api_id))

    async def put(
        self, user: User, api_id: str, credentials: Mapping[str, Any]
    ) -> OwnCredentialsState:
        """Store a user's credentials; they replace the earlier ones.

        Raises:
            NotFound: there is no such API.
            Conflict: it is called with the operator's credentials.
            Unprocessable: it does not ask for such credentials.
            InvalidRequest: they are none; the message holds none of them.

        """
        api = await self._apis.get(api_id)
        if not api.settings.per_user:
            message = f"{api.name} is called with the operator's credentials, not with yours."
            raise Conflict(message)
        known = [scheme.name for scheme in await self._apis.schemes(api_id)]
        if unknown := [name for name in credentials if name not in known]:
            raise Unprocessable(f"{api.name} asks for {', '.join(known)}, not for {unknown[0]!r}.")
        await self._credential_store.put(api_id, user.id, credentials)
        _log.info("own credentials for the API %s were set", api_id)
        return await self._state(user, api)

    async def remove(self, user: User, api_id: str) -> None:
        """Delete a user's credentials, if there are any.

        Raises:
            NotFound: there is no such API.

        """
        await self._apis.get(api_id)
        await self._credential_store.remove(api_id, user.id)
        _log.info("own credentials for the API %s were removed", api_id)

    async def _state(self, user: User, api: LearnedApi) -> OwnCredentialsState:
        return OwnCredentialsState(
            await self._credential_store.schemes(api.id, user.id),
            api.settings.per_user,
            await self._apis.schemes(api.id),
        )
