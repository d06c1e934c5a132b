"""The export of a user: everything that is theirs, of nobody else, and no secret."""

from operator import itemgetter
from typing import Any

import pytest

from adapters.persistence import Database, Store
from adapters.persistence.accounts.belongings import BELONGINGS, MERGED
from adapters.persistence.accounts.user_records import FILES
from adapters.persistence.models import __models__
from domain.accounts.ports import UserRecord
from domain.accounts.users import User
from entrypoints.encoding import dump
from tests.adapters.persistence.accounts.test_belongings import settled_in
from tests.adapters.persistence.stores import NOW, a_user, answered
from tests.adapters.persistence.webhooks.endpoints import an_endpoint


@pytest.fixture
async def ann(database: Database) -> User:
    """A user who has some of everything, beside another one."""
    store, ann = Store(database), a_user("ann-whoever")
    await an_endpoint(store)  # which is told what they do
    await settled_in(store, ann)
    await settled_in(store, a_user("bob-whoever"))
    return ann


async def exported(database: Database, user: User) -> dict[str, list[UserRecord]]:
    found: dict[str, list[UserRecord]] = {}
    async for record in Store(database).user_records.of_user(user.id):
        found.setdefault(record.kind, []).append(record)
    return found


async def test_an_export_has_a_row_of_every_kind(database: Database, ann: User) -> None:
    found = await exported(database, ann)

    assert found.keys() == {"users", *BELONGINGS, *MERGED, "audit", FILES}
    assert [each.values["username"] for each in found["users"]] == [ann.username]
    messages = sorted((each.values for each in found["messages"]), key=itemgetter("number"))
    assert [each["content"] for each in messages] == ["How many?", "42"] * 4
    run = found["runs"][0].values
    assert (run["created_at"], run["cancel_requested"]) == (NOW, False)
    assert run["id"] in [each.values["run_id"] for each in found["run_events"]]
    first = found["run_events"][0].values["bodies"][0]
    assert first["user_id"] == ann.id
    assert [each.data for each in found[FILES]] == [b"1"]
    assert "bob-whoever" not in str(found)


async def test_much_is_read_in_batches(
    database: Database, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await exported(database, ann)
    monkeypatch.setattr("adapters.persistence.accounts.user_records._BATCH", 1)
    assert await exported(database, ann) == whole


async def test_no_secret_is_exported(database: Database, ann: User) -> None:
    """Hashes, fingerprints and whatever is sealed: columns of bytes, or named so."""
    text = dump(
        {k: [each.values for each in v] for k, v in (await exported(database, ann)).items()}
    )
    secrets: set[Any] = set()
    for model in __models__:
        for row in await database.fetch(f"SELECT * FROM {model._meta.db_table}"):
            for column in ("fingerprint", "previous_fingerprint", "password_hash", "sealed"):
                secrets.add(row.get(column))
    told = {each if isinstance(each, bytes) else str(each).encode() for each in secrets if each}
    assert len(told) >= 8
    for each in told - {b"1", b"hash"}:
        assert each not in text
    for name in (b"sealed", b"password_hash", b"fingerprint"):
        assert name not in text


async def test_what_comes_of_a_run_meanwhile_is_no_error(database: Database, ann: User) -> None:
    store = Store(database)
    records = store.user_records.of_user(ann.id)
    await anext(records)
    await answered(store, ann.id)
    kinds = [record.kind async for record in records]
    assert kinds.count("messages") == 10
