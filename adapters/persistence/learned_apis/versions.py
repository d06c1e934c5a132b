"""The tables of the versions of learned APIs: one row for each operation."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from adapters.persistence.engine.codec import known_id, schema_text, storable
from adapters.persistence.engine.database import Database, Row
from adapters.persistence.engine.formats import API_SCHEMES, OPERATION
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.shared.errors import NotFound
from domain.shared.ids import new_id
from domain.tools.tool import Effect, ToolSpec

_ADD: Final = """
    INSERT INTO learned_versions (id, api_id, waits, digest, title, schemes)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_ADD_OPERATION: Final = """
    INSERT INTO learned_operations (version_id, number, about, call) VALUES ($1, $2, $3, $4)
"""
_DROP: Final = "DELETE FROM learned_versions WHERE api_id = $1 AND waits = $2 RETURNING id"
_GET: Final = """
    SELECT v.id, v.digest, v.title, v.schemes FROM learned_apis a
    LEFT JOIN learned_versions v ON v.api_id = a.id AND v.waits = $2
    WHERE a.id = $1
"""
_OPERATIONS: Final = """
    SELECT about, call FROM learned_operations WHERE version_id = $1 ORDER BY number
"""
_PAGE: Final = """
    SELECT about, NULL AS call FROM learned_operations
    WHERE version_id = $1 AND number >= $2 ORDER BY number LIMIT $3
"""


class Versions:
    """The versions of learned APIs: for each API one in use, and perhaps one that waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, api_id: str, version: ApiVersion, *, waits: bool) -> None:
        """Store a version in place of the earlier one; must be called in a unit of work."""
        await self.drop(api_id, waits=waits)
        version_id = new_id()
        about = (storable(version.title), API_SCHEMES.write(version.schemes))
        await self._database.fetch(_ADD, version_id, api_id, waits, version.digest, *about)
        rows = await asyncio.to_thread(_rows, version_id, version)
        await self._database.repeat(_ADD_OPERATION, rows)

    async def drop(self, api_id: str, *, waits: bool) -> None:
        """Delete a version if there is one."""
        await self._database.fetch(_DROP, api_id, waits)

    async def get(self, api_id: str, *, waits: bool) -> ApiVersion | None:
        """Return a whole version, None if there is none.

        Raises:
            NotFound: there is no such API.

        """
        row = await self._row(api_id, waits=waits)
        if row["id"] is None:
            return None
        rows = await self._database.fetch(_OPERATIONS, str(row["id"]))
        return await asyncio.to_thread(_version, row, rows)

    async def page(
        self, api_id: str, first: int, limit: int
    ) -> Sequence[ApiTool | SkippedOperation]:
        """Return a page of operations of the version in use, with ``ApiTool.call`` empty.

        Raises:
            NotFound: there is no such API.

        """
        row = await self._row(api_id, waits=False)
        rows = await self._database.fetch(_PAGE, str(row["id"]), first, limit)
        return [_operation(each) for each in rows]

    async def schemes(self, api_id: str) -> Sequence[ApiScheme]:
        """Return the security schemes of the version in use.

        Raises:
            NotFound: there is no such API.

        """
        return _schemes(await self._row(api_id, waits=False))

    async def _row(self, api_id: str, *, waits: bool) -> Row:
        rows = await self._database.fetch(_GET, known_id(api_id, "learned API"), waits)
        if not rows:
            raise NotFound("There is no such learned API.")
        return rows[0]


def _rows(version_id: str, version: ApiVersion) -> list[tuple[Any, ...]]:
    """Return a row for each operation; a thousand take some milliseconds."""
    return [
        (version_id, number, _about(each), each.call if isinstance(each, ApiTool) else None)
        for number, each in enumerate(version.operations)
    ]


def _about(operation: ApiTool | SkippedOperation) -> bytes:
    if isinstance(operation, SkippedOperation):
        return OPERATION.write({"skipped": asdict(operation)}).encode()
    spec = operation.spec
    about = OPERATION.write(
        {
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.parameters,
            "effect": spec.effect,
            "takes_key": spec.idempotent,
            "timeout": spec.timeout,
            "operation": operation.operation,
            "operation_id": operation.operation_id,
            "tags": operation.tags,
            "places": operation.places,
            "asks": operation.asks,
            "is_open": operation.is_open,
            "notes": operation.notes,
            "whole": base64.b64encode(operation.whole).decode(),
            "suspects": operation.suspects,
        }
    )
    return about.encode()


def _version(row: Mapping[str, Any], rows: Sequence[Row]) -> ApiVersion:
    operations = [_operation(each) for each in rows]
    return ApiVersion(
        digest=row["digest"],
        title=row["title"],
        tools=tuple(each for each in operations if isinstance(each, ApiTool)),
        skipped=tuple(each for each in operations if isinstance(each, SkippedOperation)),
        schemes=tuple(_schemes(row)),
    )


def _schemes(row: Mapping[str, Any]) -> Sequence[ApiScheme]:
    return [ApiScheme(**each) for each in API_SCHEMES.read(row["schemes"])]


def _operation(row: Row) -> ApiTool | SkippedOperation:
    about = OPERATION.read(bytes(row["about"]).decode())
    if "skipped" in about:
        return SkippedOperation(**about["skipped"])
    spec = ToolSpec(
        name=about["name"],
        description=about["description"],
        parameters=schema_text(about["parameters"]),
        effect=Effect(about["effect"]),
        idempotent=about.get("takes_key", False),  # older ones went by the HTTP method
        open_world=True,
        timeout=about["timeout"],
        operation=about["operation"],
        is_abridged=bool(about.get("whole")),
    )
    return ApiTool(
        spec=spec,
        operation=about["operation"],
        operation_id=about["operation_id"],
        tags=tuple(about["tags"]),
        places=tuple(about["places"]),
        asks=tuple(about["asks"]),
        is_open=about["is_open"],
        notes=tuple(about["notes"]),
        call=bytes(row["call"] or b""),
        whole=base64.b64decode(about.get("whole", "")),  # older ones have none
        suspects=tuple(about.get("suspects", ())),
    )
