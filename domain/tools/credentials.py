"""A user's own credentials for a service, as a tool gets them."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class AccountCredentials:
    """The credentials of the user who calls: an OAuth 2.0 access token, or a key of theirs.

    ``kind`` is ``oauth`` or ``key``; ``token`` is what is sent. ``scopes`` are those granted, and
    ``expires_at`` is when the token ends, if the server said so; a key has neither. The ``repr``
    shows no token, and results, errors, progress and logs of the call hold stars in its place.
    """

    kind: str
    token: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None

    def secrets(self) -> tuple[str, ...]:
        """Return the values to redact, in the forms in which they are sent."""
        return tuple(dict.fromkeys((self.token, quote(self.token, safe=""))))
