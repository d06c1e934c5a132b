"""Encryption at rest, of credentials for learned APIs and of connected accounts."""

from adapters.security.encryption import AesCipher
from adapters.security.secrets import SecretStore
from domain.shared.cipher import Cipher
from entrypoints.settings.settings import Settings


def wire_cipher(settings: Settings) -> Cipher:
    """Return what encrypts, with the operator's key or one kept in the data folder.

    Raises:
        Unavailable: the key cannot be kept or read.

    """
    older = [secret.get_secret_value() for secret in settings.old_encryption_keys]
    if settings.encryption_key is not None:
        return AesCipher(settings.encryption_key.get_secret_value(), older)
    return AesCipher(SecretStore(settings.data_dir / "secrets").get("encryption_key"), older)
