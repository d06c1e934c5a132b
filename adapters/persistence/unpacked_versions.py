"""Versions of learned APIs as they were kept up to migration 0010: packed, in their APIs' rows."""

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
    """Make a row of every operation of every version that is kept, an API after the other."""
    client = editor.client
    for api in await client.execute_query_dict(_PACKED):
        api_id = str(api["id"])
        (row,) = await client.execute_query_dict(_for(client, _ONE), [api_id])
        for packed, waits in ((row["version"], False), (row["waiting_version"], True)):
            if packed is not None:
                await _unpack(client, api_id, bytes(packed), waits=waits)


async def _unpack(client: BaseDBAsyncClient, api_id: str, packed: bytes, *, waits: bool) -> None:
    told = orjson.loads(zlib.decompress(packed))
    version_id = new_id()
    about = [told["digest"], storable(told["title"]), to_text(told["schemes"])]
    await client.execute_many(_for(client, _VERSION), [[version_id, api_id, waits, *about]])
    rows = [[version_id, number, *each] for number, each in enumerate(_operations(told))]
    await client.execute_many(_for(client, _OPERATION), rows)


def _operations(told: dict[str, Any]) -> Iterator[tuple[bytes, bytes | None]]:
    for tool in told["tools"]:
        call = base64.b64decode(tool.pop("call"))
        yield orjson.dumps(tool), call
    for skipped in told["skipped"]:
        yield orjson.dumps({"skipped": skipped}), None


def _for(client: BaseDBAsyncClient, sql: str) -> str:
    """Return the statement as the client's engine has it."""
    return re.sub(r"\$(\d+)", r"?\1", sql) if client.capabilities.dialect == "sqlite" else sql
