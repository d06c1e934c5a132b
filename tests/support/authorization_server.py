"""An authorization server of authlib's, with an API behind it, served by `WebServer`.

PKCE is required of every client, codes are good once, refresh tokens are rotated, and one that
comes a second time ends the whole grant (RFC 9700, section 4.14.2).
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    ClientMixin,
    InvalidRequestError,
    OAuth2Request,
    TokenMixin,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from tests.support.web_server import Reply, Seen

CLIENT = ("puerto-client", "the-secret-of-the-client")
_METHODS = ["client_secret_basic", "client_secret_post"]


class _Client(ClientMixin):
    def get_client_id(self) -> str:
        return CLIENT[0]

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: Any) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return urlsplit(redirect_uri).path.endswith("/api/connected-accounts/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT[1]

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in _METHODS

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token"}


@dataclass
class _Code(AuthorizationCodeMixin):
    code: str
    user: str
    redirect_uri: str
    scope: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class IssuedToken(TokenMixin):
    """A pair of tokens; ``family`` is the code that they descend from."""

    access_token: str
    refresh_token: str
    scope: str
    user: str
    family: str
    is_used: bool = False
    is_revoked_now: bool = False

    def check_client(self, client: Any) -> bool:
        return bool(client.get_client_id() == CLIENT[0])

    def get_scope(self) -> str:
        return self.scope


class _Request(OAuth2Request):
    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.method, f"https://server{seen.target}", headers=_headers(seen))
        parts = dict(parse_qsl(urlsplit(seen.target).query))
        self._form = dict(parse_qsl(seen.body.decode()))
        self.payload = BasicOAuth2Payload(parts | self._form)

    @property
    def form(self) -> dict[str, str]:
        return self._form


def _headers(seen: Seen) -> dict[str, str]:
    return {name.title(): value for name, value in seen.headers}


class _Server(AuthorizationServer):
    """What authlib leaves to a framework, and a store of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, _Code] = {}
        self.tokens: list[IssuedToken] = []
        self.families: dict[str, str] = {}  # by user, of the grant that was made last

    def query_client(self, client_id: str) -> Any:
        return _Client() if client_id == CLIENT[0] else None

    def save_token(self, token: Any, request: Any) -> None:
        old = request.refresh_token
        family = old.family if old is not None else request.authorization_code.code
        self.tokens.append(
            IssuedToken(
                token["access_token"],
                token.get("refresh_token", ""),
                token.get("scope", ""),
                request.user,
                family,
            )
        )

    def create_oauth2_request(self, request: Seen | OAuth2Request) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else _Request(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> Reply:
        data = json.dumps(body).encode() if isinstance(body, dict) else (body or "").encode()
        return Reply(status, dict(headers), data)

    def send_signal(self, *_: Any, **__: Any) -> None:
        pass

    def revoke(self, family: str) -> None:
        for token in self.tokens:
            if token.family == family:
                token.is_revoked_now = True


class _CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        self.server.codes[code] = _Code(
            code,
            request.user,
            data["redirect_uri"],
            data.get("scope", ""),
            data["code_challenge"],
            data["code_challenge_method"],
        )

    def query_authorization_code(self, code: str, _client: Any) -> _Code | None:
        found: _Code | None = self.server.codes.get(code)
        return found

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: _Code) -> str:
        return authorization_code.user


class _RefreshGrant(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        for token in self.server.tokens:
            if token.refresh_token == refresh_token:
                if token.is_used:
                    self.server.revoke(token.family)
                return None if token.is_revoked_now else token
        return None

    def authenticate_user(self, refresh_token: Any) -> Any:
        return refresh_token.user

    def revoke_old_credential(self, refresh_token: Any) -> None:
        refresh_token.is_used = True


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = _METHODS

    def query_token(self, token_string: str, _hint: str | None) -> Any:
        for token in self.server.tokens:
            if token_string in {token.refresh_token, token.access_token}:
                return token
        return None

    def revoke_token(self, token: IssuedToken, _request: Any) -> None:
        self.server.revoke(token.family)


class _PkceRequired(CodeChallenge):
    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


async def consent_at(url: str) -> dict[str, str]:
    """Go to the server as a browser does; return the query with which it sends one back."""
    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@dataclass
class AuthorizationServerApp:
    """Replies to requests: ``/authorize``, ``/token``, ``/revoke``, and ``/me``, which is the API.

    Whoever comes to ``/authorize`` is ``user``, and consents unless ``consents`` is off; ``life``
    is that of access tokens, in seconds; ``seconds`` is how long a token request takes.
    """

    user: str = "ann@service"
    consents: bool = True
    life: int = 3600
    seconds: float = 0.0
    is_down: bool = False
    refreshes: int = 0
    server: _Server = field(default_factory=_Server)

    def __post_init__(self) -> None:
        """Register the grants."""
        numbers = iter(range(1, 1_000_000))
        self.server.register_token_generator(
            "default",
            BearerTokenGenerator(
                lambda **_: f"access-token-{next(numbers)}",
                lambda **_: f"refresh-token-{next(numbers)}",
                lambda *_: self.life,
            ),
        )
        self.server.register_grant(_CodeGrant, [_PkceRequired(required=True)])
        self.server.register_grant(_RefreshGrant)
        self.server.register_endpoint(_Revocation)

    def __call__(self, seen: Seen) -> Reply:
        """Answer a request."""
        match urlsplit(seen.target).path:
            case "/authorize":
                return self._authorize(seen)
            case "/token" if self.is_down:
                return Reply(503, body=b"")
            case "/token":
                self.refreshes += b"grant_type=refresh_token" in seen.body
                reply: Any = self.server.create_token_response(seen)
                return Reply(reply.status, reply.headers, reply.body, self.seconds)
            case "/revoke":
                revoked: Reply = self._answer("create_endpoint_response", "revocation", seen)
                return revoked
            case "/me":
                return self._me(seen)
        return Reply(404)

    def token(self, access_token: str) -> IssuedToken | None:
        """Return what was issued as this token, unless it was revoked."""
        for token in self.server.tokens:
            if token.access_token == access_token and not token.is_revoked_now:
                return token
        return None

    def revoke_all(self) -> None:
        """Revoke every grant, as a person does in the settings of the service."""
        for token in self.server.tokens:
            token.is_revoked_now = True

    def _authorize(self, seen: Seen) -> Reply:
        user = self.user if self.consents else None
        try:
            grant = self._answer("get_consent_grant", seen, self.user)
        except OAuth2Error as error:
            return Reply(400, body=f"{error.error}: {error.description}".encode())
        reply: Reply = self._answer("create_authorization_response", seen, user, grant)
        return reply

    def _answer(self, method: str, *arguments: Any) -> Any:
        """Call what authlib's stubs do not know, or know otherwise."""
        return getattr(self.server, method)(*arguments)

    def _me(self, seen: Seen) -> Reply:
        _, _, access_token = (seen.header("authorization") or "").partition(" ")
        token = self.token(access_token)
        if token is None:
            return Reply(401, body=b"{}")
        return Reply(body=json.dumps({"user": token.user, "scope": token.scope}).encode())
