"""Route of artifacts: the download of files that tools made, by their owner."""

from typing import ClassVar, Final
from urllib.parse import quote

from pydantic import ConfigDict, RootModel
from quart import Blueprint, Response
from quart_schema import tag

from domain.tools.artifacts import ADDRESS, Artifact
from entrypoints.http.openapi.document import responds_with
from entrypoints.http.security.guard import caller
from entrypoints.wiring.services import services

blueprint = Blueprint("artifacts", __name__, url_prefix=ADDRESS)

# Media types that a browser displays without executing anything; others are sent as attachments.
_SHOWN: Final = frozenset(
    {
        "application/json",
        "application/pdf",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/markdown",
        "text/plain",
    }
)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ArtifactData(RootModel[bytes]):
    """The file itself, of the media type that its reference names."""

    model_config = ConfigDict(json_schema_extra={"format": "binary"})

    # The first is for generators of clients, which read only that one.
    media_types: ClassVar = ("application/octet-stream", "*/*")


@blueprint.get("/<artifact_id>")
@tag(["artifacts"])
@responds_with(ArtifactData)
async def get(artifact_id: str) -> Response:
    """Download what a tool made."""
    artifact = await services().artifacts.get(caller().id, artifact_id)
    headers = {**_HEADERS, "Content-Disposition": _disposition(artifact)}
    return Response(artifact.data, content_type=_content_type(artifact), headers=headers)


def _essence(artifact: Artifact) -> str:
    return artifact.media_type.partition(";")[0].strip().lower()


def _content_type(artifact: Artifact) -> str:
    is_plain = _essence(artifact).startswith("text/") and ";" not in artifact.media_type
    return f"{artifact.media_type}; charset=utf-8" if is_plain else artifact.media_type


def _disposition(artifact: Artifact) -> str:
    """Return the Content-Disposition header (RFC 6266), with an ASCII fallback of the name."""
    way = "inline" if _essence(artifact) in _SHOWN else "attachment"
    plain = artifact.name.encode("ascii", "replace").decode().replace('"', "'").replace("%", "_")
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(artifact.name, safe='')}"
