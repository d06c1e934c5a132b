"""Random secrets, and the form in which one is stored that is shown only once."""

import hashlib
import secrets


def new_secret() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return the SHA-256 of a random secret, in hex: what is stored of refresh tokens and keys.

    No salt and no slow hash: what `new_secret` makes cannot be guessed at. Not for passwords.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
