"""The accounts that plugins declare: OAuth 2.0, or a key that each user sets."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from domain.tools.context import PluginContext

ClientSource = Callable[[PluginContext], tuple[str, str]]
"""Returns id and secret of the OAuth client, as the plugin's settings have them now.

The secret of a public client is empty.
"""

ServerSource = Callable[[PluginContext], str]
"""Returns the address of a service that each operator runs, as the plugin's settings have it."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+", re.ASCII)  # RFC 6749, section 3.3
_OURS: Final = frozenset(
    {
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    }
)


class AccountKind(StrEnum):
    """How a user gives access: by consenting at the service, or by a key from there."""

    OAUTH = "oauth"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthAccount:
    """An account that users connect by OAuth 2.0: authorization code with PKCE (RFC 7636).

    ``name`` is what `ToolContext.credentials` takes, ``title`` what people read. ``client`` returns
    id and secret of the client that the operator registered with the service. ``revoke_url`` is
    that of RFC 7009, if there is one. ``authorize_parameters`` are added to the authorization
    request, such as ``{"access_type": "offline", "prompt": "consent"}``, without which Google gives
    no refresh token.

    Of a service that operators run themselves, ``base_url`` is a function that returns its address,
    and the addresses are paths that follow it, such as ``/oauth/token``.

    Raises:
        ValueError: it cannot work; the message says what to change.

    """

    kind: ClassVar = AccountKind.OAUTH

    name: str
    title: str
    authorize_url: str
    token_url: str
    client: ClientSource
    scopes: Sequence[str] = ()
    revoke_url: str = ""
    authorize_parameters: Mapping[str, str] = field(default_factory=dict)
    base_url: ServerSource | None = None

    def __post_init__(self) -> None:
        """Check the values, which a plugin's author wrote."""
        _require_name(self.name, self.title)
        for field_name in ("authorize_url", "token_url", "revoke_url"):
            url = getattr(self, field_name)
            if not (field_name == "revoke_url" and url == ""):
                _require_url(self.name, field_name, url, is_based=self.base_url is not None)
        if isinstance(self.scopes, str) or not all(map(_is_scope, self.scopes)):
            raise ValueError(f"account {self.name!r}: scopes is a list of words: ['read', 'write']")
        if not callable(self.client):
            raise ValueError(  # noqa: TRY004  as all of these
                f"account {self.name!r}: client is a function of the plugin's context that returns"
                " (client id, client secret)"
            )
        if taken := _OURS & self.authorize_parameters.keys():
            raise ValueError(f"account {self.name!r}: Puerto itself sends {min(taken)!r}")

    def at(self, base_url: str) -> "OAuthAccount":
        """Return the account with whole addresses.

        Raises:
            ValueError: the address is none.

        """
        return replace(
            self,
            base_url=None,
            authorize_url=_whole(base_url, self.authorize_url),
            token_url=_whole(base_url, self.token_url),
            revoke_url=_whole(base_url, self.revoke_url),
        )

    @property
    def terms(self) -> str:
        """A digest of what users agree to: the server and the scopes. Others ask users anew."""
        return _digest([self.kind, self.token_url, sorted(self.scopes)])


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAccount:
    """An account for which each user sets a key of theirs, such as a personal access token.

    ``instructions`` tell the user where to get it.

    Raises:
        ValueError: it cannot work; the message says what to change.

    """

    kind: ClassVar = AccountKind.KEY

    name: str
    title: str
    instructions: str = ""

    def __post_init__(self) -> None:
        """Check the values, which a plugin's author wrote."""
        _require_name(self.name, self.title)
        if not isinstance(self.instructions, str):
            raise ValueError(f"account {self.name!r}: the instructions are no text")  # noqa: TRY004  as all of these

    @property
    def terms(self) -> str:
        """A digest of what users agree to."""
        return _digest([self.kind])


Account = OAuthAccount | KeyAccount


def _digest(terms: Any) -> str:
    return hashlib.sha256(json.dumps(terms).encode()).hexdigest()


def _require_name(name: object, title: object) -> None:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise ValueError(
            f"account {name!r}: a name is 1 to 64 lower-case letters, digits, '_' and '-', and"
            " begins with a letter"
        )
    if not (isinstance(title, str) and title.strip()):
        raise ValueError(f"account {name!r} has no title, which people would read")


def _whole(base_url: str, url: str) -> str:
    return base_url.rstrip("/") + url if url.startswith("/") else url


def _require_url(name: str, field_name: str, url: object, *, is_based: bool) -> None:
    if is_based and isinstance(url, str) and url.startswith("/"):
        return
    if isinstance(url, str):
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in {"https", "http"} and parts.hostname and not parts.fragment:
            return
    raise ValueError(f"account {name!r}: {field_name} is no address such as https://host/path")


def _is_scope(scope: object) -> bool:
    return isinstance(scope, str) and _SCOPE.fullmatch(scope) is not None
