"""The port to access tokens of OAuth 2.0 for learned APIs."""

from typing import Protocol

from domain.api_credentials import Grant


class AccessTokens(Protocol):
    """Gets access tokens of OAuth 2.0 and keeps them as long as they hold."""

    async def get(self, grant: Grant) -> str:
        """Return a token that is good now, asking for one if need be.

        Raises:
            WebError: there is none to be had; the message says why.

        """
        ...

    def forget(self, grant: Grant) -> None:
        """Ask for a new token the next time: the last one was not accepted."""
        ...
