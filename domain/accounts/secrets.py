"""Random secrets, and the fingerprint under which one is stored."""

import hashlib
import secrets


def new_secret() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return the SHA-256 of a random secret, in hex: what is stored of refresh tokens and keys.

    No salt and no slow hash: 256 random bits cannot be guessed. Not for passwords.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
