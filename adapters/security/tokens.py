"""Access tokens as JSON Web Tokens, signed with a shared secret."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry
from typing_extensions import override

from domain.accounts.ports import AccessToken, Claims, Tokens
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Unauthenticated
from domain.shared.ids import new_id

ALGORITHM: Final = "HS256"
LIFETIME: Final = timedelta(days=1)
LEEWAY_SECONDS: Final = 30
MAX_TOKEN_LENGTH: Final = 8192

# What joserfc, json and datetime raise on hostile input. The library's own family is not enough:
# a crafted header (``"crit": true``) raises TypeError, and deep nesting RecursionError.
DEFECTS: Final = (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError)


class _Rules(jwt.JWTClaimsRegistry):
    """Claim rules without a check of ``iat`` against the clock.

    RFC 7519 requires none, and after the clock was set back every token is from the future.
    """

    def validate_iat(self, value: object) -> None:
        """Check the type only; `_time` rejects numbers that are no time."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError("iat")


class JwtTokens(Tokens):
    """Signs with HS256, and accepts nothing else; every claim is required and checked.

    ``secret`` is used as its UTF-8 bytes, so that other services with it can verify the tokens.
    """

    def __init__(
        self,
        secret: str,
        clock: Clock,
        *,
        issuer: str = "puerto",
        audience: str = "puerto",
        lifetime: timedelta = LIFETIME,
    ) -> None:
        self._key = OctKey.import_key(secret.encode())
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._lifetime = lifetime
        self._algorithms = JWSRegistry(algorithms=[ALGORITHM])
        self._rules = _Rules(
            now=self._now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            email={"essential": True},
            username={"essential": True},
            role={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
        )

    @override
    def issue(self, user: User, session_id: str) -> AccessToken:
        """Return a signed token with the configured lifetime."""
        jti = f"{session_id}.{new_id()}"  # RFC 7519 leaves its form open
        issued = self._now()
        expires = issued + int(self._lifetime.total_seconds())
        claims = {
            "sub": user.id,
            "email": user.email,
            "username": user.username,
            "role": user.role.value,
            "iss": self._issuer,
            "aud": self._audience,
            "iat": issued,
            "exp": expires,
            "jti": jti,
        }
        token = jwt.encode({"alg": ALGORITHM}, claims, self._key, registry=self._algorithms)
        return AccessToken(token, jti, _time(expires))

    @override
    def read(self, token: str) -> Claims:
        """Verify a token: signature, issuer, audience, expiry and all claims; return the claims."""
        try:
            return self._read(token)
        except DEFECTS as defect:
            raise Unauthenticated("The access token is not valid or has expired.") from defect

    def _read(self, token: str) -> Claims:
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError("too long")
        claims = jwt.decode(token, self._key, registry=self._algorithms).claims
        self._rules.validate(claims)
        return Claims(
            user_id=claims["sub"],
            email=_text(claims, "email"),
            username=_text(claims, "username"),
            role=Role(claims["role"]),
            jti=claims["jti"],
            session_id=claims["jti"].partition(".")[0],
            issued_at=_time(claims["iat"]),
            expires_at=_time(claims["exp"]),
        )

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
