"""Password hashing with argon2id."""

import asyncio
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY
from typing_extensions import override

from domain.accounts.ports import MAX_PASSWORD_BYTES, Passwords
from domain.shared.errors import FieldProblem, InvalidRequest

HASHES_AT_ONCE: Final = 2

T = TypeVar("T")


class ArgonPasswords(Passwords):
    """Argon2id with the second profile that RFC 9106 recommends: 64 MiB and 3 passes a hash.

    Hashes are computed in ``at_once`` threads of its own, so that a flood of logins queues and does
    not take 64 MiB each.
    """

    def __init__(
        self, parameters: Parameters = RFC_9106_LOW_MEMORY, at_once: int = HASHES_AT_ONCE
    ) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._decoy = _decoy(parameters)
        # Not a semaphore around shared threads: a cancelled request would release it while its
        # thread goes on.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")

    @override
    async def hash(self, password: str) -> str:
        """Return an argon2id hash in the PHC text form, ``$argon2id$v=19$m=...``."""
        return await self._in_thread(self._hasher.hash, _prepare(password))

    @override
    async def verify(self, password: str, hashed: str | None) -> bool:
        expected = self._decoy if hashed is None else hashed
        try:
            return await self._in_thread(self._hasher.verify, expected, _prepare(password))
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            if hashed is None:  # hashing itself failed, as for lack of memory
                raise
            # A damaged hash matches no password, and must take the same time.
            return await self.verify(password, None)

    @override
    def needs_rehash(self, hashed: str) -> bool:
        return self._hasher.check_needs_rehash(hashed)

    @override
    def close(self) -> None:
        """Cancel queued hashes and release the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[..., T], *arguments: str | bytes) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


def _prepare(password: str) -> bytes:
    """Return the bytes to hash, normalized (NFKC): keyboards encode characters differently."""
    try:
        size = len(password.encode())
    except UnicodeEncodeError:  # a lone surrogate, which JSON can carry
        raise _refused("is not Unicode text") from None
    if size > MAX_PASSWORD_BYTES:
        raise _refused(f"is longer than {MAX_PASSWORD_BYTES} bytes")
    return unicodedata.normalize("NFKC", password).encode()


def _refused(why: str) -> InvalidRequest:
    return InvalidRequest(f"The password {why}.", [FieldProblem("password", why)])


def _decoy(parameters: Parameters) -> str:
    """Return a hash that no password matches, and that takes as long to verify as a real one."""
    salt, digest = (
        b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        for size in (parameters.salt_len, parameters.hash_len)
    )
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${salt}${digest}"
