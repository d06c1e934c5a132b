"""Authentication of requests by the document's security schemes."""

import asyncio
import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from domain.learning.api.credentials import (
    AwsKeys,
    Credential,
    Credentials,
    Login,
    OAuthGrant,
    SentToken,
)
from domain.learning.api.fixed_arguments import Path
from domain.learning.ports import AccessTokens
from domain.shared.errors import ToolFailed
from domain.web.ports import WebRequest
from plugins.openapi.operation import AWS_SIGNED, Operation, ParameterLocation, SecurityScheme
from plugins.openapi.wire.aws import signed
from plugins.openapi.wire.parameters import cookie_pair, header_value
from plugins.openapi.wire.percent import encoded

_BEARER: Final = "bearer "

Chosen = Mapping[str, tuple[SecurityScheme, Credential]]


def choose(operation: Operation, credentials: Credentials) -> Chosen | None:
    """Return the first alternative for which all credentials are there, or None.

    The result maps names of schemes to scheme and credential; it is empty if the operation requires
    no authentication.
    """
    for alternative in operation.security:
        chosen = {
            name: (operation.schemes[name], credentials.by_scheme[name])
            for name in alternative
            if name in operation.schemes and name in credentials.by_scheme
        }
        if len(chosen) == len(alternative):
            return chosen
    return None if operation.security else {}


async def authorise(
    request: WebRequest, operation: Operation, credentials: Credentials, tokens: AccessTokens
) -> WebRequest:
    """Return the request with the credentials that the operation requires, if they are there.

    Raises:
        ToolFailed: a credential is of the wrong kind for its scheme, or cannot be sent.
        WebError: no access token could be obtained.

    """
    keys: tuple[AwsKeys, str] | None = None
    for name, (scheme, credential) in (choose(operation, credentials) or {}).items():
        if scheme.argument:  # it is in the request already (`placed`)
            continue
        if scheme.kind == AWS_SIGNED:
            if not isinstance(credential, AwsKeys):
                raise _unfit(name)
            keys = credential, scheme.name
            continue
        scopes = _scopes(operation, name)
        secret = await _secret(name, scheme, credential, scopes, tokens)
        request = _with(request, scheme, secret)
    if keys is None:
        return request
    return await asyncio.to_thread(signed, request, *keys)  # last: it signs the whole request


async def placed(
    operation: Operation, credentials: Credentials, tokens: AccessTokens
) -> dict[Path, Any]:
    """Return the arguments that are credentials, in the path or the body.

    Raises:
        ToolFailed: a required credential is missing, or of the wrong kind.
        WebError: no access token could be obtained.

    """
    chosen = choose(operation, credentials)
    if chosen is None and any(scheme.argument for scheme in operation.schemes.values()):
        raise ToolFailed(f"Not sent: a key of the operator's is missing.{advice(operation)}")
    return {
        scheme.path: await _secret(name, scheme, credential, _scopes(operation, name), tokens)
        for name, (scheme, credential) in (chosen or {}).items()
        if scheme.argument
    }


def advice(operation: Operation) -> str:
    """Return advice for the operator on how to set the credentials that the operation requires."""
    required = [each for each in operation.security if each]
    names = " or ".join(" and ".join(each) for each in required)
    if not any(scheme.argument for scheme in operation.schemes.values()):
        return f" No credentials are set for this API: it asks for {names}."
    example = json.dumps(dict.fromkeys(required[0], "..."))
    return (
        f" No credentials are set for this API: it asks for {names}. The operator gives them, as "
        f"auth.credentials {example}, or with `puerto api change NAME --auth FILE` and that in the "
        "file."
    )


def grants(operation: Operation, credentials: Credentials) -> list[OAuthGrant]:
    """Return the OAuth 2.0 grants of the chosen alternative."""
    return [
        _grant(scheme, credential, _scopes(operation, name))
        for name, (scheme, credential) in (choose(operation, credentials) or {}).items()
        if isinstance(credential, OAuthGrant)
    ]


async def _secret(
    name: str,
    scheme: SecurityScheme,
    credential: Credential,
    scopes: Iterable[str],
    tokens: AccessTokens,
) -> str:
    """Return the secret to send: a key, or the value of ``Authorization``."""
    match credential:
        case OAuthGrant():
            token = await tokens.get(_grant(scheme, credential, scopes))
            return token if scheme.kind == "apiKey" else f"Bearer {token}"
        case Login(username, password) if scheme.kind != "apiKey":
            pair = base64.b64encode(f"{username}:{password}".encode()).decode()
            return f"Basic {pair}"
        case SentToken(value) if scheme.kind == "apiKey":
            return value
        case SentToken(value) if scheme.kind == "http" and scheme.scheme not in ("", "bearer"):
            return f"{scheme.scheme.capitalize()} {value}"
        case SentToken(value):
            bare = value[len(_BEARER) :] if value.lower().startswith(_BEARER) else value
            return f"Bearer {bare.strip()}"
        case _:
            raise _unfit(name)


def _unfit(name: str) -> ToolFailed:
    return ToolFailed(f"The credentials for {name!r} are not of the kind that it takes.")


def _with(request: WebRequest, scheme: SecurityScheme, secret: str) -> WebRequest:
    if scheme.kind != "apiKey":
        return _with_header(request, "Authorization", secret)
    match scheme.place:
        case ParameterLocation.QUERY:
            url, mark, query = request.url.partition("?")
            name = encoded(scheme.name)
            parts = [part for part in query.split("&") if mark and part.partition("=")[0] != name]
            return replace(request, url=f"{url}?{'&'.join([*parts, f'{name}={encoded(secret)}'])}")
        case ParameterLocation.COOKIE:
            others = request.header("Cookie")
            pair = cookie_pair(scheme.name, secret)
            return _with_header(request, "Cookie", f"{others}; {pair}" if others else pair)
        case _:
            return _with_header(request, scheme.name, secret)


def _with_header(request: WebRequest, name: str, value: str) -> WebRequest:
    others = [pair for pair in request.headers if pair[0].lower() != name.lower()]
    return replace(request, headers=(*others, (name, header_value(name, value))))


def _grant(scheme: SecurityScheme, grant: OAuthGrant, scopes: Iterable[str]) -> OAuthGrant:
    return replace(
        grant,
        token_url=grant.token_url or scheme.token_url,
        scopes=grant.scopes or tuple(scopes),
    )


def _scopes(operation: Operation, name: str) -> Iterable[str]:
    return next((each[name] for each in operation.security if name in each), ())
