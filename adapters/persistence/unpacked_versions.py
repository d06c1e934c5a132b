"""The data migration of 0010: versions of learned APIs, compressed before, become rows."""

import base64
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

from adapters.persistence.engine.codec import storable, to_text
from domain.shared.ids import new_id

_PACKED: Final = "SELECT id FROM learned_apis ORDER BY id"
_ONE: Final = "SELECT version, waiting_version FROM learned_apis WHERE id = $1"
_VERSION: Final = """
    INSERT INTO learned_versions (id, api_id, waits, digest, title, schemes)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
_OPERATION: Final = """
    INSERT INTO learned_operations (version_id, number, about, call) VALUES ($1, $2, $3, $4)
"""


async def unpack_versions(_apps: object, editor: BaseSchemaEditor) -> None:
    """Write a row for every operation of every stored version, API by API."""
    client = editor.client
    for api in await client.execute_query_dict(_PACKED):
        api_id = str(api["id"])
        (row,) = await client.execute_query_dict(_for(client, _ONE), [api_id])
        for packed, waits in ((row["version"], False), (row["waiting_version"], True)):
            if packed is not None:
                await _unpack(client, api_id, bytes(packed), waits=waits)


async def _unpack(client: BaseDBAsyncClient, api_id: str, packed: bytes, *, waits: bool) -> None:
    data = orjson.loads(zlib.decompress(packed))
    version_id = new_id()
    about = [data["digest"], storable(data["title"]), to_text(data["schemes"])]
    await client.execute_many(_for(client, _VERSION), [[version_id, api_id, waits, *about]])
    rows = [[version_id, number, *each] for number, each in enumerate(_operations(data))]
    await client.execute_many(_for(client, _OPERATION), rows)


def _operations(data: dict[str, Any]) -> Iterator[tuple[bytes, bytes | None]]:
    for tool in data["tools"]:
        call = base64.b64decode(tool.pop("call"))
        yield orjson.dumps(tool), call
    for skipped in data["skipped"]:
        yield orjson.dumps({"skipped": skipped}), None


def _for(client: BaseDBAsyncClient, sql: str) -> str:
    """Return the statement with the placeholders of the client's engine."""
    return re.sub(r"\$(\d+)", r"?\1", sql) if client.capabilities.dialect == "sqlite" else sql
