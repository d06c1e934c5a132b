"""Artifacts: files that tools return, stored separately and downloaded by URL."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

ARTIFACT_BYTES: Final = 10_000_000
ARTIFACTS_OF_CALL: Final = 20
ARTIFACT_BYTES_OF_USER: Final = 500_000_000
NAME_LENGTH: Final = 200
ADDRESS: Final = "/api/artifacts"

_MEDIA_TYPE: Final = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"
    r"(?:; ?charset=[a-z0-9_-]{1,40})?",
    re.IGNORECASE | re.ASCII,
)
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a tool returns, alone or inside of dicts, lists and dataclasses.

    ``media_type`` is such as ``image/png`` or ``text/csv; charset=utf-8``; ``name`` is the file
    name of a download. At most 10 MB.

    Raises:
        TypeError: the data is not bytes, or the others are not texts.
        ValueError: it is too large, or the media type or the name is not one.

    """

    data: bytes = field(repr=False)
    media_type: str
    name: str

    def __post_init__(self) -> None:
        given: tuple[Any, Any, Any] = (self.data, self.media_type, self.name)  # by untrusted code
        if not (isinstance(given[0], bytes) and all(isinstance(text, str) for text in given[1:])):
            raise TypeError("an artifact is Artifact(data: bytes, media_type: str, name: str)")
        if len(self.data) > ARTIFACT_BYTES:
            raise ValueError(
                f"the artifact {self.name!r} has {len(self.data):,} bytes; "
                f"the limit is {ARTIFACT_BYTES:,}"
            )
        if _MEDIA_TYPE.fullmatch(self.media_type) is None:
            raise ValueError(f"{self.media_type!r} is no media type such as 'image/png'")
        if not 0 < len(self.name) <= NAME_LENGTH or _UNFIT.search(self.name):
            raise ValueError(
                f"{self.name!r} is no name of a file: 1 to {NAME_LENGTH} characters, no slashes"
            )

    @property
    def size(self) -> int:
        """The size in bytes."""
        return len(self.data)

    def described(self) -> dict[str, Any]:
        """Return ``{name, media_type, size}``."""
        return {"name": self.name, "media_type": self.media_type, "size": self.size}


@dataclass(frozen=True, slots=True)
class KeptArtifact:
    """A stored artifact of a call, which belongs to the user of the run."""

    id: str
    user_id: str
    run_id: str
    call_id: str
    created_at: datetime
    artifact: Artifact

    def reference(self) -> dict[str, Any]:
        """Return its replacement in a result: ``{artifact, name, media_type, size, url}``."""
        url = f"{ADDRESS}/{self.id}"
        return {"artifact": self.id, **self.artifact.described(), "url": url}
