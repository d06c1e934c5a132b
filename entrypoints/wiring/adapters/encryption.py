"""Encryption at rest, of credentials for learned APIs and of connected accounts."""

from adapters.security.encryption import AesCipher
from adapters.security.secrets import SecretStore
from entrypoints.settings.settings import Settings


def wire_cipher(settings: Settings) -> AesCipher:
    """Return what encrypts, with the operator's key or one kept in the data folder."""
    older = [secret.get_secret_value() for secret in settings.old_encryption_keys]
    if (own := settings.encryption_key) is not None:
        return AesCipher(own.get_secret_value, older)
    kept = SecretStore(settings.data_dir / "secrets")
    return AesCipher(lambda: kept.get("encryption_key"), older)
