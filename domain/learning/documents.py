"""OpenAPI documents: fetched through the SSRF guard or uploaded, and read within limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from domain.learning.api.version import ApiVersion
from domain.learning.findings import InvalidDocument
from domain.learning.ports import ApiReader
from domain.shared.errors import Unprocessable
from domain.web.ports import ExchangeLimits, Web, WebRequest

FOLDER: Final = "file://documents/"
"""The virtual folder of files uploaded with a document: references cannot leave it."""
_ACCEPT: Final = "application/json, application/yaml;q=0.9, */*;q=0.5"
_OK: Final = 200
_LISTED: Final = 20  # skipped operations in an error's details


@dataclass(frozen=True, slots=True)
class Document:
    """A document by its address, or as uploaded bytes.

    ``files`` are uploaded files that it may refer to, by path; ``path`` is its own among them.
    """

    url: str = ""
    data: bytes = field(default=b"", repr=False)
    path: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class Documents:
    """Fetches and reads documents, of at most ``most`` bytes."""

    def __init__(self, web: Web, reader: ApiReader, most: int) -> None:
        self._web = web
        self._reader = reader
        self._most = most

    async def read(
        self,
        document: Document,
        names: Mapping[str, str] | None = None,
        *,
        strict: bool = False,
    ) -> ApiVersion:
        """Read a document; return its version, with at least one tool.

        Raises:
            Unprocessable: it cannot be read, or none of its operations can be learned.
            InvalidDocument: it is not valid, and ``strict`` is set.
            WebError: its address is not open, or gave no answer.

        """
        data, source, files = document.data, "", document.files or None
        if document.url:
            data, source = await fetch_document(
                self._web, document.url, ExchangeLimits(bytes=self._most)
            )
        if files:
            source = FOLDER + quote(document.path)
        if strict and (report := await self._reader.check(data, source, files)).findings:
            raise InvalidDocument(report)
        version = await self._reader.read(data, source, names or {}, files)
        if not version.tools:
            raise _nothing(version)
        return version


async def fetch_document(web: Web, url: str, limits: ExchangeLimits) -> tuple[bytes, str]:
    """Fetch a document; return its bytes, and its address after redirects.

    Raises:
        Unprocessable: the server answers with something else.
        WebError: the address is not open, or gave no answer.

    """
    response = await web.send(WebRequest("GET", url, (("Accept", _ACCEPT),)), limits)
    if response.status != _OK:
        host = urlsplit(response.url).hostname
        raise Unprocessable(
            f"{host} answered {response.status}, and no document.",
            details={"status": response.status},
        )
    return response.body, response.url


def _nothing(version: ApiVersion) -> Unprocessable:
    if not version.skipped:
        return Unprocessable("The document has no operations.")
    first = version.skipped[0]
    return Unprocessable(
        f"None of the {version.endpoints} operations can be learned. The first, "
        f"{first.operation}: {first.message}",
        details={
            "skipped": [
                {
                    "operation": each.operation,
                    "reason": each.reason,
                    "pointer": each.pointer,
                    "message": each.message,
                }
                for each in version.skipped[:_LISTED]
            ]
        },
    )
