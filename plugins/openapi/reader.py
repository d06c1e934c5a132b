"""Reader of documents, which runs subprocesses and converts their results to the core's records."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from typing_extensions import override

from domain.learning.api.version import ApiScheme, ApiVersion, SkippedOperation
from domain.learning.findings import DocumentReport
from domain.learning.ports import ApiReader
from domain.web.ports import Web
from plugins.openapi.fetching import Fetcher
from plugins.openapi.learning_process import Learned, learn_in_subprocess
from plugins.openapi.lowering import Options
from plugins.openapi.operation import SecurityScheme
from plugins.openapi.reading import ReadingLimits
from plugins.openapi.validation.checking_process import check_in_subprocess


class ProcessReader(ApiReader):
    """Reads documents of at most ``size`` bytes, at most two at a time.

    ``web`` fetches what they refer to; it must be restricted to the hosts that the operator allows.
    """

    def __init__(self, size: int, web: Web | None = None) -> None:
        self._limits = replace(ReadingLimits(), size=size)
        self._web = web
        self._free = asyncio.Semaphore(2)

    @override
    async def read(
        self,
        data: bytes,
        source: str,
        names: Mapping[str, str],
        files: Mapping[str, bytes] | None = None,
    ) -> ApiVersion:
        """Learn a document and return the version; ``source`` is its address, or empty.

        Raises:
            DocumentRefused: the document cannot be read; the message and the details say why.

        """
        fetcher = self._fetcher(files)
        async with self._free:
            learned = await learn_in_subprocess(
                data,
                source=source,
                options=Options(names=names),
                limits=self._limits,
                fetch=fetcher.fetch if fetcher else None,
            )
        digest = sha256(b"".join([data, *(fetcher.digests if fetcher else ())])).hexdigest()
        return await asyncio.to_thread(_version, digest, learned)

    @override
    async def check(
        self, data: bytes, source: str, files: Mapping[str, bytes] | None = None
    ) -> DocumentReport:
        """Validate a document against the rules of its OpenAPI version.

        Raises:
            DocumentRefused: the document cannot be read; the message and the details say why.

        """
        fetcher = self._fetcher(files)
        async with self._free:
            return await check_in_subprocess(
                data,
                source=source,
                limits=self._limits,
                fetch=fetcher.fetch if fetcher else None,
            )

    def _fetcher(self, files: Mapping[str, bytes] | None) -> Fetcher | None:
        can_fetch = self._web is not None or files
        return Fetcher(self._web, self._limits.size, files) if can_fetch else None


def _version(digest: str, learned: Learned) -> ApiVersion:
    return ApiVersion(
        digest=digest,
        title=learned.title.strip(),
        tools=tuple(learned.tools),
        skipped=tuple(
            SkippedOperation(each.operation, each.reason.value, each.pointer, each.message)
            for each in learned.skipped
        ),
        schemes=tuple(_scheme(name, each) for name, each in learned.security_schemes.items()),
    )


def _scheme(name: str, scheme: SecurityScheme) -> ApiScheme:
    match scheme.kind:
        case "apiKey":
            detail = scheme.argument or f"{scheme.place} {scheme.name}"
            return ApiScheme(name, scheme.kind, detail, is_parameter=scheme.is_parameter)
        case "oauth2":
            return ApiScheme(name, scheme.kind, scheme.token_url)
        case _:
            return ApiScheme(name, scheme.kind, scheme.scheme or scheme.name)
