"""Passwords and tokens without cryptography: fast, and for tests alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from typing_extensions import override

from domain.accounts.ports import MAX_PASSWORD_BYTES, AccessToken, Claims, Passwords, Tokens
from domain.accounts.secrets import fingerprint, new_secret
from domain.accounts.users import User
from domain.shared.clock import Clock
from domain.shared.errors import InvalidRequest, Unauthenticated


class FakePasswords(Passwords):
    """One salted SHA-256. ``checked`` holds what `verify` was asked, None for unknown users."""

    def __init__(self) -> None:
        self.checked: list[str | None] = []

    @override
    async def hash(self, password: str) -> str:
        _refuse_bad(password)
        salt = new_secret()
        return f"fake:{salt}:{fingerprint(salt + password)}"

    @override
    async def verify(self, password: str, hashed: str | None) -> bool:
        _refuse_bad(password)
        self.checked.append(hashed)
        if hashed is None or not hashed.startswith("fake:"):
            return False
        _, salt, digest = hashed.split(":")
        return fingerprint(salt + password) == digest

    @override
    def needs_rehash(self, hashed: str) -> bool:
        return not hashed.startswith("fake:")

    @override
    def close(self) -> None:
        pass


def _refuse_bad(password: str) -> None:
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        raise InvalidRequest("The password is not Unicode text.") from None
    if size > MAX_PASSWORD_BYTES:
        raise InvalidRequest("The password is too long.")


@dataclass
class FakeTokens(Tokens):
    """Tokens ``token-1``, ``token-2`` ..., kept in ``issued``."""

    clock: Clock
    lifetime: timedelta = timedelta(days=1)
    issued: dict[str, Claims] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @override
    def issue(self, user: User, session_id: str) -> AccessToken:
        number = next(self._numbers)
        token, jti = f"token-{number}", f"{session_id}.{number}"
        now = self.clock.now().replace(microsecond=0)
        claims = Claims(
            user_id=user.id,
            email=user.email,
            username=user.username,
            role=user.role,
            jti=jti,
            session_id=session_id,
            issued_at=now,
            expires_at=now + self.lifetime,
        )
        self.issued[token] = claims
        return AccessToken(token, jti, claims.expires_at)

    @override
    def read(self, token: str) -> Claims:
        claims = self.issued.get(token)
        if claims is None or claims.expires_at <= self.clock.now():
            raise Unauthenticated("The access token is not valid or has expired.")
        return claims
