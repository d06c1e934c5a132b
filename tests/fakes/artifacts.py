"""Artifacts, in memory."""

from collections.abc import Sequence

from typing_extensions import override

from domain.shared.errors import Conflict, NotFound
from domain.tools.artifacts import Artifact, KeptArtifact
from domain.tools.ports import Artifacts
from tests.fakes.memory import Memory


class FakeArtifacts(Artifacts):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, artifacts: Sequence[KeptArtifact]) -> None:
        if any(kept.id in self._memory.artifacts for kept in artifacts):
            raise Conflict("This exists already.")
        self._memory.artifacts |= {kept.id: kept for kept in artifacts}

    @override
    async def get(self, user_id: str, artifact_id: str) -> Artifact:
        kept = self._memory.artifacts.get(artifact_id)
        if kept is None or kept.user_id != user_id:
            raise NotFound("There is no such artifact.")
        return kept.artifact

    @override
    async def size(self, user_id: str) -> int:
        kept = self._memory.artifacts.values()
        return sum(each.artifact.size for each in kept if each.user_id == user_id)
