"""Redaction of secrets in whatever is logged."""

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from domain.shared.secrets_in_use import HIDDEN, IN_USE, forms_of_secret
from entrypoints.settings.settings import Settings

_TOKEN_IN_URL: Final = re.compile(r"([?&](?:ticket|token)=)[^\s&\"'#]+")  # libraries log URLs, too
_SHORTEST_PASSWORD: Final = 4  # shorter ones stand in ordinary words, which would be redacted
# Puerto's own credentials, whoever logs them: an API key, and a JSON Web Token (RFC 7519). The time
# stays in proportion to the text, which may come from outside: a word is searched once.
_CREDENTIAL: Final = re.compile(
    r"\bpto_[0-9A-Za-z]{36}\b"
    r"|(?<![\w-])(?=[\w-]*?\beyJ[\w-]{8})[\w-]++\.[\w-]{8,}+\.[\w-]{8,}+",
    re.ASCII,
)


class Redaction:
    """Replaces secrets by stars.

    Those of the settings and those that the process uses are known by value, Puerto's own
    credentials by shape.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = IN_USE.hide(text)
        return _CREDENTIAL.sub("***", _TOKEN_IN_URL.sub(r"\1***", text))


def secrets_of(settings: Settings) -> set[str]:
    """Return the values to redact: the secret settings, and the secrets that stand within some."""
    values = [getattr(settings, name) for name in type(settings).model_fields]
    given = {secret.get_secret_value() for value in values for secret in _secrets_in(value)}
    if settings.otlp_headers is not None:
        given |= _values_in(settings.otlp_headers.get_secret_value())
    secrets = {form for secret in given for form in forms_of_secret(secret)}
    for url in (settings.database_url, settings.database_listen_url):
        if url is not None:
            secrets |= _passwords_in(url.get_secret_value())
    return secrets


def _values_in(headers: str) -> set[str]:
    """Return the values of headers that are written as ``name=value``, separated by commas."""
    values = {unquote(each.partition("=")[2]).strip() for each in headers.split(",")}
    return {value for value in values if len(value) >= _SHORTEST_PASSWORD}


def _passwords_in(url: str) -> set[str]:
    """Return the passwords of a URL, each percent-encoded as written and decoded."""
    parts = urlsplit(url)
    written = [parts.password or "", *parse_qs(parts.query).get("password", [])]
    forms = {form for each in written for form in (each, unquote(each))}
    return {form for form in forms if len(form) >= _SHORTEST_PASSWORD}


def _secrets_in(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, tuple):
        yield from (each for each in value if isinstance(each, SecretStr))
