"""The repositories of connected accounts, and of connections that have been begun."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import is_id, moment, storable
from adapters.persistence.engine.database import Database
from domain.connected_accounts.connected_account import (
    AccountKey,
    ConnectedAccount,
    PendingConnection,
)
from domain.connected_accounts.ports import ConnectedAccounts, PendingConnections

_PUT: Final = """
    INSERT INTO connected_accounts
        (id, user_id, plugin, name, terms, sealed, scopes, connected_at, problem, revision)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
    ON CONFLICT (user_id, plugin, name) DO UPDATE SET
        terms = excluded.terms, sealed = excluded.sealed, scopes = excluded.scopes,
        connected_at = excluded.connected_at, problem = excluded.problem,
        revision = connected_accounts.revision + 1, renewed_until = NULL
    RETURNING id
"""
_GET: Final = "SELECT * FROM connected_accounts WHERE user_id = $1 AND plugin = $2 AND name = $3"
_OF_USER: Final = "SELECT * FROM connected_accounts WHERE user_id = $1 ORDER BY plugin, name"
_CHANGE: Final = """
    UPDATE connected_accounts
    SET sealed = $3, scopes = $4, problem = $5, revision = revision + 1, renewed_until = NULL
    WHERE id = $1 AND revision = $2 RETURNING id
"""
_BEGIN_RENEWAL: Final = """
    UPDATE connected_accounts SET renewed_until = $4
    WHERE id = $1 AND revision = $2 AND (renewed_until IS NULL OR renewed_until <= $3)
    RETURNING id
"""
_END_RENEWAL: Final = """
    UPDATE connected_accounts SET renewed_until = NULL WHERE id = $1 AND revision = $2 RETURNING id
"""
_REMOVE: Final = """
    DELETE FROM connected_accounts WHERE user_id = $1 AND plugin = $2 AND name = $3 RETURNING *
"""


class TortoiseConnectedAccounts(ConnectedAccounts):
    """The repository of connected accounts; they are deleted with their user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def put(self, account: ConnectedAccount) -> None:
        await self._database.fetch(
            _PUT,
            account.id,
            *_values(account.key),
            account.terms,
            account.sealed,
            " ".join(account.scopes),
            account.connected_at,
            account.problem,
        )

    @override
    async def get(self, key: AccountKey) -> ConnectedAccount | None:
        return await self._one(_GET, key)

    @override
    async def of_user(self, user_id: str) -> Sequence[ConnectedAccount]:
        rows = await self._database.fetch(_OF_USER, user_id) if is_id(user_id) else ()
        return [_to_account(row) for row in rows]

    @override
    async def change(self, account: ConnectedAccount) -> bool:
        return bool(
            await self._database.fetch(
                _CHANGE,
                account.id,
                account.revision,
                account.sealed,
                " ".join(account.scopes),
                account.problem,
            )
        )

    @override
    async def begin_renewal(
        self, account: ConnectedAccount, now: datetime, until: datetime
    ) -> bool:
        values = (account.id, account.revision, now, until)
        return bool(await self._database.fetch(_BEGIN_RENEWAL, *values))

    @override
    async def end_renewal(self, account: ConnectedAccount) -> None:
        await self._database.fetch(_END_RENEWAL, account.id, account.revision)

    @override
    async def remove(self, key: AccountKey) -> ConnectedAccount | None:
        return await self._one(_REMOVE, key)

    async def _one(self, sql: str, key: AccountKey) -> ConnectedAccount | None:
        rows = await self._database.fetch(sql, *_values(key)) if is_id(key.user_id) else ()
        return _to_account(rows[0]) if rows else None


def _values(key: AccountKey) -> tuple[str, str, str]:
    return key.user_id, storable(key.plugin), storable(key.name)


def _to_account(row: Mapping[str, Any]) -> ConnectedAccount:
    return ConnectedAccount(
        id=str(row["id"]),
        key=AccountKey(str(row["user_id"]), row["plugin"], row["name"]),
        terms=row["terms"],
        sealed=None if row["sealed"] is None else bytes(row["sealed"]),
        scopes=tuple(row["scopes"].split()),
        connected_at=moment(row["connected_at"]),
        problem=row["problem"],
        revision=row["revision"],
    )


_FORGET: Final = "DELETE FROM pending_connections WHERE expires_at <= $1 RETURNING id"
_PUT_PENDING: Final = """
    INSERT INTO pending_connections
        (fingerprint, session_id, plugin, name, sealed, access_until, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (session_id, plugin, name) DO UPDATE SET
        fingerprint = excluded.fingerprint, sealed = excluded.sealed,
        access_until = excluded.access_until, expires_at = excluded.expires_at
    RETURNING id
"""
_GET_PENDING: Final = "SELECT * FROM pending_connections WHERE fingerprint = $1"
_TAKE: Final = "DELETE FROM pending_connections WHERE fingerprint = $1 RETURNING *"


class TortoisePendingConnections(PendingConnections):
    """The repository of begun connections; they are deleted with their login session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def put(self, pending: PendingConnection, now: datetime) -> None:
        await self._database.fetch(_FORGET, now)
        await self._database.fetch(
            _PUT_PENDING,
            pending.fingerprint,
            pending.session_id,
            storable(pending.plugin),
            pending.name,
            pending.sealed,
            pending.access_until,
            pending.expires_at,
        )

    @override
    async def get(self, fingerprint: str) -> PendingConnection | None:
        return _to_pending(await self._database.fetch(_GET_PENDING, fingerprint))

    @override
    async def take(self, fingerprint: str) -> PendingConnection | None:
        return _to_pending(await self._database.fetch(_TAKE, fingerprint))


def _to_pending(rows: Sequence[Mapping[str, Any]]) -> PendingConnection | None:
    if not rows:
        return None
    row = rows[0]
    return PendingConnection(
        fingerprint=row["fingerprint"],
        session_id=str(row["session_id"]),
        plugin=row["plugin"],
        name=row["name"],
        sealed=bytes(row["sealed"]),
        access_until=moment(row["access_until"]),
        expires_at=moment(row["expires_at"]),
    )
