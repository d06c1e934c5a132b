"""The repository of artifacts. Files are in the database, which all workers share."""

from collections.abc import Sequence
from typing import Final

from typing_extensions import override

from adapters.persistence.engine.codec import known_id
from adapters.persistence.engine.database import Database
from domain.shared.errors import NotFound
from domain.tools.artifacts import Artifact, KeptArtifact
from domain.tools.ports import Artifacts

_ADD: Final = """
    INSERT INTO artifacts (id, user_id, run_id, call_id, name, media_type, size, data, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
_GET: Final = "SELECT name, media_type, data FROM artifacts WHERE id = $1 AND user_id = $2"
_SIZE: Final = "SELECT COALESCE(SUM(size), 0) AS total FROM artifacts WHERE user_id = $1"


class TortoiseArtifacts(Artifacts):
    """The repository of artifacts; they are deleted with their run (ON DELETE CASCADE)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def add(self, artifacts: Sequence[KeptArtifact]) -> None:
        async def work() -> None:
            for stored in artifacts:
                artifact = stored.artifact
                await self._database.fetch(
                    _ADD,
                    stored.id,
                    stored.user_id,
                    stored.run_id,
                    stored.call_id,
                    artifact.name,
                    artifact.media_type,
                    artifact.size,
                    artifact.data,
                    stored.created_at,
                )

        await self._database.unit_of_work.run(work)

    @override
    async def get(self, user_id: str, artifact_id: str) -> Artifact:
        rows = await self._database.fetch(_GET, known_id(artifact_id, "artifact"), user_id)
        if not rows:
            raise NotFound("There is no such artifact.")
        row = rows[0]
        return Artifact(bytes(row["data"]), row["media_type"], row["name"])

    @override
    async def size(self, user_id: str) -> int:
        rows = await self._database.fetch(_SIZE, user_id)
        return int(rows[0]["total"])
