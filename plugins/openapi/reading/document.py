"""An OpenAPI document, version 2.0 to 3.2: its metadata, servers, security, and operations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from plugins.openapi.operation import ApiServer, Operation, SecurityScheme
from plugins.openapi.reading.effort import Effort
from plugins.openapi.reading.limits import ReadingLimits
from plugins.openapi.reading.operations import Common, read_operations
from plugins.openapi.reading.outside import Fetch, Outside
from plugins.openapi.reading.parsing import parse
from plugins.openapi.reading.problems import DocumentRefused, Reason, Skipped
from plugins.openapi.reading.references import References
from plugins.openapi.reading.security import security_schemes
from plugins.openapi.reading.servers import servers_of
from plugins.openapi.reading.values import text

_KNOWN: Final = ("2", "3")
_SIGNS: Final = ("paths", "webhooks", "components", "definitions", "info")


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    """A document that was read; the tree is shared and must not be changed.

    ``version`` is the declared OpenAPI version: ``2.0``, ``3.1.0``.
    """

    tree: Mapping[str, Any]
    source: str
    version: str
    title: str
    servers: Sequence[ApiServer]
    security_schemes: Mapping[str, SecurityScheme]
    references: References
    limits: ReadingLimits
    effort: Effort

    @property
    def draft(self) -> bool:
        """Whether its schemas are OpenAPI's own dialect (before 3.1) instead of JSON Schema."""
        return self.version.startswith(("2", "3.0"))

    def operations(self) -> Iterator[Operation | Skipped]:
        """Yield each operation, or why it is skipped, in the order of the document.

        Raises:
            DocumentRefused: there are too many operations.

        """
        common = Common(self.servers, self.security_schemes, self.source, self.limits.operations)
        return read_operations(self.tree, self.references, common)


def read_document(
    data: bytes, *, source: str, limits: ReadingLimits | None = None, fetch: Fetch | None = None
) -> OpenApiDocument:
    """Read a document of any version, in JSON or YAML.

    ``source`` is the URL or file name of the document, or empty: references to it are references to
    the document itself, and relative servers are relative to it. ``fetch`` is called for the
    documents that it refers to, when they are needed.

    Raises:
        DocumentRefused: it is no OpenAPI document, or exceeds a limit.

    """
    limits = limits or ReadingLimits()
    effort = Effort(limits)
    tree = parse(data, limits)
    version = _version(tree)
    _require_paths(tree)
    info = tree.get("info")
    outside = Outside(fetch, source, len(data), limits, effort) if fetch else None
    references = References(tree, [*_names(source), text(tree.get("$self"))], limits, outside)
    return OpenApiDocument(
        tree=tree,
        source=source,
        version=version,
        title=text(info.get("title")) if isinstance(info, dict) else "",
        servers=servers_of(tree, source),
        security_schemes=security_schemes(tree, references),
        references=references,
        limits=limits,
        effort=effort,
    )


def _version(tree: Mapping[str, Any]) -> str:
    """Return the declared version, or guess it from the structure if it is missing or unknown."""
    declared = text(tree.get("openapi")) or text(tree.get("swagger"))
    version = declared.strip().removeprefix("v")
    if version.startswith(_KNOWN):
        if not any(sign in tree for sign in _SIGNS):
            message = "The document is no OpenAPI document: it has no paths."
            raise DocumentRefused(Reason.NOT_OPENAPI, message)
        return version
    if isinstance(tree.get("paths"), dict) and not declared.startswith("4"):
        return "3.0" if "components" in tree or "servers" in tree else "2.0"
    if declared or (declared := text(tree.get("swaggerVersion"))):
        raise _unknown(declared)
    message = "The document is no OpenAPI document: it has neither a version nor paths."
    raise DocumentRefused(Reason.NOT_OPENAPI, message)


def _require_paths(tree: Mapping[str, Any]) -> None:
    paths = tree.get("paths")
    if paths is not None and not isinstance(paths, dict):
        kind = "a list" if isinstance(paths, list) else "no object"
        message = f"The document's paths are {kind}; they must be an object, the paths its keys."
        raise DocumentRefused(Reason.NOT_OPENAPI, message, "/paths")


def _unknown(version: str) -> DocumentRefused:
    message = f"The document is of version {version[:20]!r}; 2.0 and 3.0 to 3.2 are known."
    return DocumentRefused(Reason.UNKNOWN_VERSION, message)


def _names(source: str) -> Iterator[str]:
    """Yield the addresses by which a document may refer to itself."""
    if source and source != "-":
        yield source
        try:
            path = urlsplit(source).path
        except ValueError:
            path = source
        yield PurePosixPath(path).name
