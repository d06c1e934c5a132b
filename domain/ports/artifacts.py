"""The port to the stored artifacts."""

from collections.abc import Sequence
from typing import Protocol

from domain.artifacts import Artifact, KeptArtifact


class Artifacts(Protocol):
    """The artifacts of runs; they go with their run, and so with its conversation."""

    async def add(self, artifacts: Sequence[KeptArtifact]) -> None:
        """Keep these, all or none."""
        ...

    async def get(self, user_id: str, artifact_id: str) -> Artifact:
        """Return one.

        Raises:
            NotFound: there is none for this user.

        """
        ...

    async def size(self, user_id: str) -> int:
        """Return how many bytes are kept for this user."""
        ...
