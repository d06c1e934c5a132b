"""The port to passwords."""

from typing import Final, Protocol

MAX_PASSWORD_BYTES: Final = 1024


class Passwords(Protocol):
    """Passwords, kept as hashes that cost time and memory to guess at."""

    async def hash(self, password: str) -> str:
        """Return a salted hash of the password, in a text form that names its own parameters.

        Raises:
            InvalidRequest: longer than `MAX_PASSWORD_BYTES` in UTF-8, or not Unicode text.

        """
        ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Tell whether the password is the one that was hashed.

        None stands for an unknown user: the same work is done and the answer is False, so that
        the time taken does not tell an unknown user from a wrong password.

        Raises:
            InvalidRequest: as for `hash`.

        """
        ...

    def needs_rehash(self, hashed: str) -> bool:
        """Tell whether the hash was made with other parameters than today's."""
        ...
