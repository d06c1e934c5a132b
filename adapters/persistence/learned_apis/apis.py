"""The repository of learned APIs; their versions are in tables of their own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from typing_extensions import override

from adapters.persistence.engine.codec import known_id, moment, storable
from adapters.persistence.engine.database import Database
from adapters.persistence.engine.errors import UniqueViolation
from adapters.persistence.learned_apis.settings import read_settings, write_settings
from adapters.persistence.learned_apis.versions import Versions
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.learning.ports import LearnedApis
from domain.shared.errors import Conflict, NotFound
from domain.shared.list_cursors import keyset_page, read_place
from domain.shared.paging import Page

_COLUMNS: Final = (
    "id, name, source, settings, user_id, created_at, learned_at, updated_by, title, digest, "
    "waiting, endpoints, tools, revision, problem"
)
_ADD: Final = f"""
    INSERT INTO learned_apis ({_COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id
"""  # noqa: S608  ours
_GET: Final = f"SELECT {_COLUMNS} FROM learned_apis WHERE id = $1"  # noqa: S608
_ALL: Final = f"SELECT {_COLUMNS} FROM learned_apis ORDER BY created_at, id"  # noqa: S608
_PAGE: Final = f"SELECT {_COLUMNS} FROM learned_apis{{after}} ORDER BY created_at, id LIMIT $1"  # noqa: S608
_AFTER: Final = " WHERE (created_at, id) > ($2, $3)"
_CHANGE: Final = """
    UPDATE learned_apis SET name = $2, source = $3, settings = $4, learned_at = $5,
        updated_by = $6, title = $7, digest = $8, waiting = $9, endpoints = $10,
        tools = $11, revision = $12, problem = $13
    WHERE id = $1 AND revision = $12 - 1 RETURNING id
"""
_REMOVE: Final = "DELETE FROM learned_apis WHERE id = $1 RETURNING id"


class TortoiseLearnedApis(LearnedApis):
    """The repository of learned APIs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions = Versions(database)

    @override
    async def add(self, api: LearnedApi, version: ApiVersion) -> None:
        async def work() -> None:
            await self._database.fetch(_ADD, *_values(api))
            await self._versions.put(api.id, version, waits=False)

        try:
            await self._database.unit_of_work.run(work)
        except UniqueViolation as error:
            raise _name_taken() from error

    @override
    async def get(self, api_id: str) -> LearnedApi:
        return _to_api(await self._row(_GET, api_id))

    @override
    async def page(self, limit: int, cursor: str | None) -> Page[LearnedApi]:
        place = () if cursor is None else read_place("learned", cursor)
        sql = _PAGE.format(after=_AFTER if place else "")
        rows = await self._database.fetch(sql, limit + 1, *place)
        return keyset_page("learned", rows, limit, _to_api, lambda each: (each.created_at, each.id))

    @override
    async def all(self) -> Sequence[LearnedApi]:
        return [_to_api(row) for row in await self._database.fetch(_ALL)]

    @override
    async def operations(
        self, api_id: str, first: int, limit: int
    ) -> Sequence[ApiTool | SkippedOperation]:
        return await self._versions.page(api_id, first, limit)

    @override
    async def schemes(self, api_id: str) -> Sequence[ApiScheme]:
        return await self._versions.schemes(api_id)

    @override
    async def version(self, api_id: str) -> ApiVersion:
        version = await self._versions.get(api_id, waits=False)
        if version is None:
            raise NotFound("There is no such learned API.")
        return version

    @override
    async def waiting(self, api_id: str) -> ApiVersion | None:
        return await self._versions.get(api_id, waits=True)

    @override
    async def change(
        self,
        api: LearnedApi,
        version: ApiVersion | None = None,
        waiting: ApiVersion | None = None,
    ) -> None:
        async def work() -> None:
            if not await self._database.fetch(_CHANGE, *_changed(api)):
                raise Conflict("The learned API was changed meanwhile. Look at it again.")
            if version is not None:
                await self._versions.put(api.id, version, waits=False)
            if not api.waiting:
                await self._versions.drop(api.id, waits=True)
            elif waiting is not None:
                await self._versions.put(api.id, waiting, waits=True)

        try:
            await self._database.unit_of_work.run(work)
        except UniqueViolation as error:
            raise _name_taken() from error

    @override
    async def remove(self, api_id: str) -> None:
        await self._row(_REMOVE, api_id)

    async def _row(self, sql: str, api_id: str) -> Mapping[str, Any]:
        rows = await self._database.fetch(sql, known_id(api_id, "learned API"))
        if not rows:
            raise NotFound("There is no such learned API.")
        return rows[0]


def _name_taken() -> Conflict:
    return Conflict("There is a learned API of this name.")


def _values(api: LearnedApi) -> tuple[Any, ...]:
    return (
        api.id,
        storable(api.name),
        storable(api.source),
        write_settings(api.settings),
        api.user_id,
        api.created_at,
        api.learned_at,
        api.updated_by,
        storable(api.title),
        api.digest,
        api.waiting,
        api.endpoints,
        api.tools,
        api.revision,
        storable(api.problem),
    )


def _changed(api: LearnedApi) -> tuple[Any, ...]:
    return (
        api.id,
        storable(api.name),
        storable(api.source),
        write_settings(api.settings),
        api.learned_at,
        api.updated_by,
        storable(api.title),
        api.digest,
        api.waiting,
        api.endpoints,
        api.tools,
        api.revision,
        storable(api.problem),
    )


def _to_api(row: Mapping[str, Any]) -> LearnedApi:
    return LearnedApi(
        id=str(row["id"]),
        name=row["name"],
        source=row["source"],
        settings=read_settings(row["settings"]),
        user_id=str(row["user_id"]),
        created_at=moment(row["created_at"]),
        learned_at=moment(row["learned_at"]),
        updated_by=str(row["updated_by"]),
        title=row["title"],
        digest=row["digest"],
        waiting=row["waiting"],
        endpoints=row["endpoints"],
        tools=row["tools"],
        revision=row["revision"],
        problem=row["problem"],
    )
