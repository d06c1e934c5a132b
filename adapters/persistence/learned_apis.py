"""The learned APIs, a row each, their versions packed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.persistence.api_versions import pack, unpack
from adapters.persistence.codec import from_text, known_id, moment, storable, to_text
from adapters.persistence.database import Database
from adapters.persistence.errors import Taken
from adapters.persistence.keys import read_place, write_place
from domain.api_patterns import EffectRule
from domain.errors import Conflict, NotFound
from domain.learned_apis import ApiSettings, ApiVersion, LearnedApi, Override, Selection
from domain.paging import Page
from domain.tools import Effect

_COLUMNS: Final = (
    "id, name, source, settings, user_id, created_at, learned_at, updated_by, title, digest, "
    "waiting, endpoints, tools, revision, problem"
)
_ADD: Final = f"""
    INSERT INTO learned_apis ({_COLUMNS}, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id
"""  # noqa: S608  ours
_GET: Final = f"SELECT {_COLUMNS} FROM learned_apis WHERE id = $1"  # noqa: S608
_ALL: Final = f"SELECT {_COLUMNS} FROM learned_apis ORDER BY created_at, id"  # noqa: S608
_PAGE: Final = f"SELECT {_COLUMNS} FROM learned_apis{{after}} ORDER BY created_at, id LIMIT $1"  # noqa: S608
_AFTER: Final = " WHERE (created_at, id) > ($2, $3)"
_VERSION: Final = "SELECT version AS packed FROM learned_apis WHERE id = $1"
_WAITING: Final = """
    SELECT CASE WHEN waiting = '' THEN NULL ELSE waiting_version END AS packed
    FROM learned_apis WHERE id = $1
"""
_CHANGE: Final = """
    UPDATE learned_apis SET name = $2, source = $3, settings = $4, learned_at = $5,
        updated_by = $6, title = $7, digest = $8, waiting = CAST($9 AS TEXT), endpoints = $10,
        tools = $11, revision = $12, problem = $13, version = COALESCE($14, version),
        waiting_version = CASE
            WHEN CAST($9 AS TEXT) = '' THEN NULL ELSE COALESCE($15, waiting_version)
        END
    WHERE id = $1 AND revision = $12 - 1 RETURNING id
"""
_REMOVE: Final = "DELETE FROM learned_apis WHERE id = $1 RETURNING id"


class TortoiseLearnedApis:
    """The learned APIs, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, api: LearnedApi, version: ApiVersion) -> None:
        """Keep a new API.

        Raises:
            Conflict: one of that name is there.

        """
        packed = await asyncio.to_thread(pack, version)
        try:
            await self._database.fetch(_ADD, *_values(api), packed)
        except Taken as error:
            raise _name_taken() from error

    async def get(self, api_id: str) -> LearnedApi:
        """Return one.

        Raises:
            NotFound: there is none.

        """
        return _to_api(await self._row(_GET, api_id))

    async def page(self, limit: int, cursor: str | None) -> Page[LearnedApi]:
        """Return some, the oldest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        place = () if cursor is None else read_place("learned", cursor)
        sql = _PAGE.format(after=_AFTER if place else "")
        rows = await self._database.fetch(sql, limit + 1, *place)
        apis = [_to_api(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(apis)
        return Page(apis, write_place("learned", apis[-1].created_at, apis[-1].id))

    async def all(self) -> Sequence[LearnedApi]:
        """Return all, the oldest first."""
        return [_to_api(row) for row in await self._database.fetch(_ALL)]

    async def version(self, api_id: str) -> ApiVersion:
        """Return the version in use.

        Raises:
            NotFound: there is no such API.

        """
        row = await self._row(_VERSION, api_id)
        return await asyncio.to_thread(unpack, bytes(row["packed"]))

    async def waiting(self, api_id: str) -> ApiVersion | None:
        """Return the version that waits to be accepted, if one does.

        Raises:
            NotFound: there is no such API.

        """
        packed = (await self._row(_WAITING, api_id))["packed"]
        return None if packed is None else await asyncio.to_thread(unpack, bytes(packed))

    async def change(
        self,
        api: LearnedApi,
        version: ApiVersion | None = None,
        waiting: ApiVersion | None = None,
    ) -> None:
        """Keep an API as it is now; its revision is one more than before.

        ``version`` takes the place of the one in use, if given. ``waiting`` waits from now on; if
        ``api.waiting`` is empty, none does.

        Raises:
            Conflict: somebody else changed it meanwhile, or another one has its name.

        """
        packed = [
            None if each is None else await asyncio.to_thread(pack, each)
            for each in (version, waiting)
        ]
        try:
            changed = await self._database.fetch(_CHANGE, *_changed(api), *packed)
        except Taken as error:
            raise _name_taken() from error
        if not changed:
            raise Conflict("The learned API was changed meanwhile. Look at it again.")

    async def remove(self, api_id: str) -> None:
        """Forget an API, with all credentials for it.

        Raises:
            NotFound: there is none.

        """
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
        _write(api.settings),
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
        _write(api.settings),
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
        settings=_read(row["settings"]),
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


def _write(settings: ApiSettings) -> str:
    return to_text(
        {
            "base_url": settings.base_url,
            "include": _write_selection(settings.include),
            "exclude": _write_selection(settings.exclude),
            "overrides": {
                operation: {
                    "name": each.name,
                    "description": each.description,
                    "effect": each.effect,
                    "enabled": each.enabled,
                    "idempotent": each.idempotent,
                }
                for operation, each in settings.overrides.items()
            },
            "per_user": settings.per_user,
            "per_second": settings.per_second,
            "effects": [[rule.pattern, rule.effect] for rule in settings.effects],
            "fixed": settings.fixed,
            "fixed_version": settings.fixed_version,
        }
    )


def _write_selection(selection: Selection) -> dict[str, Any]:
    return {
        "tags": selection.tags,
        "paths": selection.paths,
        "methods": selection.methods,
        "operations": selection.operations,
    }


def _read(text: str) -> ApiSettings:
    told = from_text(text)
    return ApiSettings(
        base_url=told["base_url"],
        include=_read_selection(told["include"]),
        exclude=_read_selection(told["exclude"]),
        overrides={name: _read_override(each) for name, each in told["overrides"].items()},
        per_user=told["per_user"],
        per_second=told["per_second"],
        effects=tuple(
            EffectRule(pattern, Effect(effect)) for pattern, effect in told.get("effects", ())
        ),
        fixed={pattern: tuple(names) for pattern, names in told.get("fixed", {}).items()},
        fixed_version=told.get("fixed_version", ""),
    )


def _read_selection(told: Mapping[str, Any]) -> Selection:
    return Selection(**{name: tuple(listed) for name, listed in told.items()})


def _read_override(told: Mapping[str, Any]) -> Override:
    effect = told["effect"]
    return Override(
        told["name"],
        told["description"],
        None if effect is None else Effect(effect),
        told["enabled"],
        told.get("idempotent"),
    )
