"""A backup, and what is in it when it is put back."""

import asyncio
import os
import shutil
import stat
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from adapters.persistence import Database, Store, migrate
from adapters.persistence.engine.backup import backup, ending_of
from domain.shared.errors import Conflict, Unavailable
from tests.adapters.persistence.stores import a_user, answered
from tests.support.postgres import client_programs


async def test_what_was_backed_up_while_it_was_in_use_can_be_put_back(
    database: Database, bare_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"copy{ending_of(database.url)}"
    if database.engine == "postgresql":  # programs of the server's own version
        monkeypatch.setenv("PATH", str(client_programs()), prepend=os.pathsep)
    store, user = Store(database), a_user()
    await store.users.add(user, "hashed")
    before = await answered(store, user.id)
    copying = asyncio.create_task(asyncio.to_thread(backup, database.url, file))
    runs = [before]
    while not copying.done():
        runs.append(await answered(store, user.id))
    await copying
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await asyncio.to_thread(restore, file, bare_url)
    assert await migrate(bare_url) == []
    restored = Database(bare_url)
    await restored.start()
    try:
        found = Store(restored)
        assert await found.users.by_login(user.username) == (user, "hashed")
        kept = await found.conversations.get(user.id, before.started.conversation_id)
        assert kept.message_count == 2
        assert len(await found.log.read(before.id, None, 10)) == 4
        await answered(found, user.id)
    finally:
        await restored.close()


def restore(file: Path, url: str) -> None:
    """Put a backup in the place of a database, as the page on operating says."""
    if url.startswith("sqlite"):
        shutil.copy(file, url.removeprefix("sqlite://"))
    else:
        subprocess.run(
            ["pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={url}", file],
            check=True,
        )


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    file.write_text("dear")
    with pytest.raises(Conflict, match="name another file"):
        backup(f"sqlite://{tmp_path}/puerto.db", file)
    assert file.read_text() == "dear"


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no database yet"):
        backup(f"sqlite://{tmp_path}/puerto.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"copy\.db cannot be written: No such file"):
        backup(f"sqlite://{tmp_path}/puerto.db", tmp_path / "no" / "copy.db")


def test_what_is_no_database_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear reader, this is no database. " * 200)
    with pytest.raises(Unavailable, match="cannot be copied"):
        backup(f"sqlite://{tmp_path}/letter", tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


@pytest.mark.parametrize(
    ("url", "seen", "password"),
    [
        (
            "postgresql://ann:p%40ss@h:5/n?sslmode=require",
            "postgresql://ann@h:5/n?sslmode=require",
            "p@ss",
        ),
        ("postgresql://h/n?user=ann&password=p%40ss", "postgresql://h/n?user=ann", "p@ss"),
        ("postgresql://ann@/n?host=/run", "postgresql://ann@/n?host=/run", None),
    ],
)
def test_no_password_stands_in_the_arguments_of_pg_dump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, seen: str, password: str | None
) -> None:
    program = tmp_path / "pg_dump"
    seen_by_it = tmp_path / "seen"
    program.write_text(f'#!/bin/sh\n(echo "$@"; echo "$PGPASSWORD") > {seen_by_it}')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    backup(url, tmp_path / "copy.dump")
    arguments, given = seen_by_it.read_text().splitlines()
    assert unquote(arguments.partition("--dbname=")[2]) == seen
    assert given == (password or "")
