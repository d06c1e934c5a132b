"""An OpenID provider on loopback, served by `WebServer`: its keys can be changed, and it can break.

PKCE is required, and a code is good once.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from tests.support.web_server import Reply, Seen

CLIENT = ("puerto", "the-secret-of-the-client")
AUDIENCE = "https://puerto.example"


def a_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"})


@dataclass
class ProviderApp:
    """Answers requests. ``user`` is who logs in; ``claims`` are in each of its ID tokens."""

    url: str = ""
    user: str = "u-1"
    claims: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)  # beside code, state and iss
    configuration: dict[str, Any] = field(default_factory=dict)
    keys: list[ECKey] = field(default_factory=lambda: [a_key("k-1")])
    more_keys: list[Mapping[str, Any]] = field(default_factory=list)
    now: Callable[[], float] = time.time
    seconds: float = 0.0
    is_down: bool = False
    readings: int = 0  # of the keys
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __call__(self, seen: Seen) -> Reply:
        """Answer a request."""
        if self.is_down:
            return Reply(503)
        match urlsplit(seen.target).path:
            case "/.well-known/openid-configuration":
                return Reply(body=json.dumps(self._configuration()).encode())
            case "/keys":
                self.readings += 1
                keys = [*(key.as_dict(private=False) for key in self.keys), *self.more_keys]
                return Reply(body=json.dumps({"keys": keys}).encode(), seconds=self.seconds)
            case "/authorize":
                return self._authorize(dict(parse_qsl(urlsplit(seen.target).query)))
            case "/token":
                return self._token(dict(parse_qsl(seen.body.decode())))
        return Reply(404)

    def token(
        self, key: ECKey | None = None, header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """Return an access token; a claim that is None is left out."""
        now = int(self.now())
        whole = {
            "iss": self.url,
            "sub": self.user,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        return self.signed({k: v for k, v in whole.items() if v is not None}, key, header)

    def signed(
        self, claims: dict[str, Any], key: ECKey | None, header: Mapping[str, Any] | None = None
    ) -> str:
        """Sign claims with this key, or the newest."""
        signer = key or self.keys[-1]
        whole = {"alg": "ES256", "kid": signer.kid, **(header or {})}
        registry = JWSRegistry(algorithms=["ES256"], strict_check_header=False)
        kept = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(kept, claims, signer, registry=registry)

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.configuration,
        }

    def _authorize(self, asked: dict[str, str]) -> Reply:
        code = f"code-{next(self.numbers)}"
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.url, **self.answer}
        return Reply(302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, form: dict[str, str]) -> Reply:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge:
            return Reply(400, body=b'{"error": "invalid_grant"}')
        claims = {"aud": CLIENT[0], "nonce": asked["nonce"], **self.claims}
        answer = {"access_token": "a", "token_type": "Bearer", "id_token": self.token(**claims)}
        return Reply(body=json.dumps(answer).encode())
