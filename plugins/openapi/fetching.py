"""Fetcher of the documents that a document refers to."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from domain.learning.documents import FOLDER, fetch_document
from domain.shared.errors import Unprocessable, WebTimeout
from domain.web.ports import ExchangeLimits, Web
from plugins.openapi.reading import Fetched

_SECONDS: Final = 15.0  # for all references of one document: half of the time limit of reading
_SECONDS_EACH: Final = 5.0


class Fetcher:
    """Fetches what one document refers to, each of at most ``most`` bytes, all within 15 seconds.

    ``web`` must be restricted to the allowed hosts. ``files`` are those of the document's bundle.
    ``digests`` collects the SHA-256 digests of what was fetched.
    """

    def __init__(
        self, web: Web | None, most: int, files: Mapping[str, bytes] | None = None
    ) -> None:
        self._web = web
        self._files = files or {}
        self._most = most
        self._remaining = _SECONDS
        self.digests: list[bytes] = []

    async def fetch(self, url: str) -> Fetched:
        """Fetch one document, and add its digest to ``digests``.

        Raises:
            Unprocessable: the server answers with something else, or there is no such file.
            WebError: the address is not allowed, or does not answer in the remaining time.

        """
        if url.startswith(FOLDER):
            return self._file(url)
        if self._web is None:
            raise Unprocessable("Nothing is fetched.")
        if self._remaining <= 0:
            raise WebTimeout(f"Fetching what it refers to takes more than {_SECONDS:g} seconds.")
        now = asyncio.get_running_loop().time
        started = now()
        limits = ExchangeLimits(seconds=min(_SECONDS_EACH, self._remaining), bytes=self._most)
        try:
            data, source = await fetch_document(self._web, url, limits)
        finally:
            self._remaining -= now() - started
        self.digests.append(sha256(data).digest())
        return Fetched(source, data)

    def _file(self, url: str) -> Fetched:
        path = unquote(url.removeprefix(FOLDER).partition("#")[0])
        if path not in self._files:
            raise Unprocessable(f"There is no file {path!r} beside the document.")
        self.digests.append(sha256(self._files[path]).digest())
        return Fetched(url, self._files[path])
