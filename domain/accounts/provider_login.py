"""Login of people at another identity provider, which ends with a session here.

What is to be remembered between the two requests is sealed into a cookie of the browser that began:
nothing is stored for who never comes back, and a link that somebody else sent is worth nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

from domain.accounts.authentication import Authentication
from domain.accounts.foreign_users import ForeignUsers
from domain.accounts.identity import LoginTokens
from domain.accounts.identity_provider import ProviderLogin
from domain.accounts.login_clients import UNKNOWN_CLIENT, LoginClient
from domain.accounts.secrets import new_secret
from domain.shared.cipher import Cipher, open_json, seal_json
from domain.shared.clock import Clock
from domain.shared.errors import Gone, Unauthenticated, Unavailable

LIFE: Final = timedelta(minutes=10)
PICK_UP: Final = timedelta(minutes=1)  # in which a page must use the token that it was sent
_VERIFIER: Final = 64  # bytes: 86 characters, of the 43 to 128 that RFC 7636 allows
_PLACE: Final = "provider_login"


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """The query with which a provider sends a browser back; ``issuer`` is RFC 9207's ``iss``."""

    state: str
    code: str
    issuer: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class FinishedLogin:
    """The tokens of a new session, and the page that asked for it; empty: none did."""

    tokens: LoginTokens
    return_to: str


class LoginService:
    """Sends people to the provider, and takes them back.

    After ``session_life`` they are sent there again, and the provider decides anew.
    """

    def __init__(
        self,
        provider: ProviderLogin,
        users: ForeignUsers,
        authentication: Authentication,
        cipher: Cipher,
        clock: Clock,
        *,
        session_life: timedelta,
    ) -> None:
        self._provider = provider
        self._users = users
        self._authentication = authentication
        self._cipher = cipher
        self._clock = clock
        self._session_life = session_life

    async def begin(self, redirect_uri: str | None, return_to: str) -> BegunLogin:
        """Return the address at which a person logs in.

        Raises:
            Unavailable: the provider cannot be reached, or ``redirect_uri`` is None: the address
                under which browsers reach the service is not known.

        """
        if redirect_uri is None:
            raise Unavailable(
                "Nobody knows under which address browsers reach this service: the operator must"
                " set PUERTO_PUBLIC_URL."
            )
        state, nonce, verifier = new_secret(), new_secret(), secrets.token_urlsafe(_VERIFIER)
        url = await self._provider.authorize_url(redirect_uri, state, nonce, verifier)
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "redirect_uri": redirect_uri,
            "return_to": return_to,
            "until": (self._clock.now() + LIFE).isoformat(),
        }
        return BegunLogin(url, seal_json(self._cipher, kept, _PLACE))

    async def finish(
        self, sealed: bytes, answer: ProviderAnswer, client: LoginClient = UNKNOWN_CLIENT
    ) -> FinishedLogin:
        """Open a session for the person who came back.

        A page that is returned to gets a refresh token that must be used within `PICK_UP`.

        Raises:
            Gone: this browser has begun no such login, or too long ago.
            Unauthenticated: the provider or the person refused, or what it says is not valid.
            Forbidden: the person has no role for this service.
            Unavailable: the provider cannot be reached.

        """
        begun = self._begun(sealed, answer.state)
        await self._provider.check_issuer(answer.issuer)
        if answer.error or not answer.code:
            raise Unauthenticated("The provider did not log you in. Begin again.")
        claims = await self._provider.exchange(
            begun["redirect_uri"], answer.code, begun["nonce"], begun["verifier"]
        )
        user = await self._users.seen(claims)
        return_to = begun["return_to"]
        life = PICK_UP if return_to else self._session_life
        tokens = await self._authentication.open_session(
            user, client, life=life, ends_at=self._clock.now() + self._session_life
        )
        return FinishedLogin(tokens, return_to)

    def _begun(self, sealed: bytes, state: str) -> dict[str, Any]:
        try:
            begun = open_json(self._cipher, sealed, _PLACE)
        except Unavailable as error:  # it is not what was sealed, or the key is another one now
            raise _not_begun() from error
        is_over = datetime.fromisoformat(begun["until"]) <= self._clock.now()
        if is_over or not compare_digest(begun["state"].encode(), state.encode()):
            raise _not_begun()
        return begun


def _not_begun() -> Gone:
    return Gone("This browser has begun no such login, or too long ago. Begin again.")
