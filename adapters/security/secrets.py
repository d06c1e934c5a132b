"""Random secrets in files of the data folder, generated on first use."""

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from domain.accounts.secrets import new_secret
from domain.shared.errors import Unavailable
from domain.shared.secrets_in_use import IN_USE

MIN_LENGTH: Final = 32


class SecretStore:
    """A file for each secret in ``folder``, readable by its owner alone (mode 0600).

    A missing folder is made (mode 0700). Processes that start at the same moment agree: the first
    file in place wins, and all of them read it back.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> str:
        """Return the secret of that name, such as ``jwt_secret``; at least 32 characters.

        Raises:
            Unavailable: the file cannot be made or read, is damaged, or is open to other users
                of the machine; the message is one line that says what to do.

        """
        path = self._folder / name
        try:
            if not path.exists():
                self._make(path)
            secret = _read(path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unavailable(f"The secret {path} cannot be kept or read: {reason}.") from error
        IN_USE.add([secret])
        return secret

    def _make(self, path: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written to a temporary file and then linked: that is atomic, and unlike a rename never
        # replaces the file of another process.
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=self._folder)  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(new_secret())
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first
        finally:
            Path(draft).unlink()


def _read(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if os.name == "posix" and mode & 0o077:
            raise Unavailable(f"The secret {path} is open to other users; run: chmod 600 {path}")
        secret = file.read().strip()
    if len(secret) < MIN_LENGTH:
        raise Unavailable(
            f"The secret {path} is damaged; restore it, or delete it to make a new one."
        )
    return secret
