"""The credentials for an API, by the names of the security schemes in its document."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import quote

from domain.shared.errors import InvalidRequest
from domain.tools.secrets import Secrets

_AWS: Final = frozenset(
    {"access_key_id", "secret_access_key", "session_token", "region", "service"}
)
_GRANT: Final = frozenset({"client_id", "client_secret", "refresh_token", "token_url"})


@dataclass(frozen=True, slots=True)
class SentToken:
    """An API key, or a token that is sent as it is."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """A user's name and password."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthGrant:
    """An OAuth 2.0 grant: client credentials, or a refresh token.

    ``token_url`` may be empty if the document names it.
    """

    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    token_url: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """The keys to sign requests to AWS. ``region`` and ``service`` default to the API's."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    region: str = ""
    service: str = ""


Credential = SentToken | Login | OAuthGrant | AwsKeys


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of one user, or of the operator, for one API."""

    by_scheme: Mapping[str, Credential] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Parse credentials from JSON: ``{scheme: credential}``.

        A credential is a key or token as text, ``{username, password}``, ``{client_id,
        client_secret, refresh_token, token_url, scopes}``, where all but the first may be missing,
        or ``{access_key_id, secret_access_key, session_token, region, service}``, where all but the
        first two may be.

        Raises:
            InvalidRequest: one is none of these. The message holds no value.

        """
        return cls({str(name): _credential(str(name), value) for name, value in data.items()})

    def __bool__(self) -> bool:
        return bool(self.by_scheme)

    def secrets(self) -> Secrets:
        """Return the secret values for redaction, in the forms in which they are sent."""
        plain = [value for each in self.by_scheme.values() for value in _secret_parts(each)]
        forms = [form for value in plain for form in (value, quote(value, safe=""))]
        return Secrets({str(number): form for number, form in enumerate(dict.fromkeys(forms))})


def _credential(name: str, value: Any) -> Credential:
    if isinstance(value, str) and value:
        return SentToken(value)
    fields = dict(value) if isinstance(value, Mapping) else {}
    if fields.keys() == {"username", "password"} and _all_texts(fields):
        return Login(**fields)
    if (
        fields.keys() >= {"access_key_id", "secret_access_key"}
        and fields.keys() <= _AWS
        and _all_texts(fields)
    ):
        return AwsKeys(**fields)
    scopes = fields.pop("scopes", ())
    if (
        "client_id" in fields
        and fields.keys() <= _GRANT
        and _all_texts(fields)
        and isinstance(scopes, list | tuple)
        and all(isinstance(scope, str) for scope in scopes)
    ):
        return OAuthGrant(**fields, scopes=tuple(scopes))
    raise InvalidRequest(
        f"The credentials for {name!r} must be a text, {{username, password}}, "
        "{client_id, client_secret, refresh_token, token_url, scopes}, or "
        "{access_key_id, secret_access_key, session_token, region, service}."
    )


def _all_texts(fields: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in fields.values())


def _secret_parts(credential: Credential) -> list[str]:
    match credential:
        case SentToken(value):
            return [value]
        case Login(username, password):
            return [password, base64.b64encode(f"{username}:{password}".encode()).decode()]
        case OAuthGrant():
            return [credential.client_secret, credential.refresh_token]
        case AwsKeys():
            return [credential.secret_access_key, credential.session_token]
