"""Online backup: a copy of the database in one file, made while the service runs."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from adapters.persistence.engine.database import engine_of
from adapters.persistence.engine.sqlite import database_file
from domain.shared.errors import Conflict, Unavailable

_OWNER_ONLY = 0o600


def ending_of(url: str) -> str:
    """Return the file extension of a backup: a SQLite file, or an archive of ``pg_dump``."""
    return ".db" if engine_of(url) == "sqlite" else ".dump"


def backup(url: str, file: Path) -> None:
    """Copy the database into a new file (mode 0600), atomically.

    SQLite has a backup API; for PostgreSQL ``pg_dump`` makes an archive for ``pg_restore``.

    Raises:
        Conflict: the file exists.
        Unavailable: the database, the folder or ``pg_dump`` is missing, or the copy is damaged.

    """
    if file.exists():
        raise Conflict(f"{file} is there already: name another file.")
    with _draft_of(file) as draft:
        if engine_of(url) == "sqlite":
            _copy(database_file(url), draft)
        else:
            _dump(url, draft)


@contextmanager
def _draft_of(file: Path) -> Iterator[Path]:
    """Yield a temporary file; rename it to its name after fsync, or delete it on an error."""
    draft = file.with_name(f".{file.name}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY))
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.rename(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _copy(source: Path, draft: Path) -> None:
    if not source.exists():
        raise Unavailable(f"There is no database yet: {source}.")
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(draft)) as new:
            old.backup(new)  # a consistent snapshot that does not block writers
            new.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file
            (verdict,) = new.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"The database cannot be copied ({error}).") from error
    if verdict != "ok":
        raise Unavailable("The database is damaged: what was copied is not whole.")


def _dump(url: str, draft: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise Unavailable("pg_dump is not installed: it comes with PostgreSQL's client programs.")
    place, password = _without_password(url)
    arguments = ["--format=custom", "--no-owner", f"--file={draft}", f"--dbname={place}"]
    # Other users can see the arguments of a process, but not its environment.
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    ended = subprocess.run(  # noqa: S603  the program that the operator has installed
        [program, "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        lines = ended.stderr.decode(errors="replace").split("\n")
        raise Unavailable(f"pg_dump failed: {next(filter(None, lines), 'it did not say why')}")


def _without_password(url: str) -> tuple[str, str]:
    """Return the URL without its password, and the password."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query)
    named = dict(query).get("password", "")
    user, _, place = parts.netloc.rpartition("@")
    user, _, password = user.partition(":")
    rest = urlencode([(name, value) for name, value in query if name != "password"])
    netloc = f"{user}@{place}" if user else place
    return urlunsplit(parts._replace(netloc=netloc, query=rest)), unquote(password) or named
