"""Credentials: an API key or token as it is, or a login whose token is renewed when it expires."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from agent_client.errors import AgentClientError
from agent_client.records import Record

_LOGIN: Final = "/api/auth/login"
_REFRESH: Final = "/api/auth/refresh"


class Tokens(Record):
    """What a login gives: ``refresh_token`` is good for the next ones, once."""

    access_token: str
    refresh_token: str


class Post(Protocol):
    """Sends a request without credentials and returns its answer."""

    async def __call__(self, path: str, body: Mapping[str, Any], *, is_repeatable: bool) -> Tokens:
        """Return the answer; only what is repeatable is tried more than once."""
        ...


class Credentials(Protocol):
    """What a client shows to be let in."""

    async def token(self, post: Post) -> str:
        """Return the bearer token."""
        ...

    async def renew(self, post: Post, refused: str) -> bool:
        """Get another token for one that was refused; False if there is none to get."""
        ...


class Token:
    """An API key, or a token that the caller has."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def token(self, post: Post) -> str:  # noqa: ARG002  a login needs it
        """Return it."""
        return self._text

    async def renew(self, post: Post, refused: str) -> bool:  # noqa: ARG002
        """Return False: it is all there is."""
        return False


class Login:
    """A user's name and password, and the tokens that they give.

    Its methods are called by one task or thread at a time.
    """

    def __init__(self, username: str, password: str) -> None:
        self._body = {"username": username, "password": password}
        self._access = ""
        self._refresh = ""

    async def token(self, post: Post) -> str:
        """Return the access token, after a login if there is none yet."""
        if not self._access:
            await self._log_in(post)
        return self._access

    async def renew(self, post: Post, refused: str) -> bool:
        """Renew the tokens, unless another call did since the refused one was sent."""
        if self._access != refused:
            return True
        refresh, self._refresh = self._refresh, ""  # good once, also if its answer is lost
        try:
            tokens = await post(_REFRESH, {"refresh_token": refresh}, is_repeatable=False)
        except AgentClientError:  # the session has ended, or the answer was lost
            await self._log_in(post)
        else:
            self._take(tokens)
        return True

    async def _log_in(self, post: Post) -> None:
        self._take(await post(_LOGIN, self._body, is_repeatable=True))

    def _take(self, tokens: Tokens) -> None:
        self._access, self._refresh = tokens.access_token, tokens.refresh_token
