"""PgBouncer in front of the PostgreSQL of the tests, where it is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.ports import await_listening, free_port

START_SECONDS: Final = 60.0
_INI: Final = """
[databases]
{name} = host={folder} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 200
"""


@contextmanager
def running_pooler(url: str, mode: str, size: int) -> Iterator[str]:
    """Start a pooler of ``size`` connections; yield the database's URL through it.

    Skips the test where there is no PgBouncer.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    name = urlsplit(url).path.strip("/")
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    port = free_port()
    with tempfile.TemporaryDirectory(dir="/tmp") as own:
        ini = Path(own, "pgbouncer.ini")
        ini.write_text(_INI.format(name=name, folder=folder, port=port, mode=mode, size=size))
        # It refuses to be root, and must come to the server's socket.
        Path(own).chmod(0o755)
        owner = pwd.getpwuid(Path(folder).stat().st_uid).pw_name
        options = ["-u", owner] if os.geteuid() == 0 else []
        process = subprocess.Popen(
            [program, "-q", *options, ini], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            await_listening(port, process)
            yield f"postgresql://puerto@127.0.0.1:{port}/{name}?sslmode=disable"
        finally:
            process.terminate()
            process.wait(START_SECONDS)
