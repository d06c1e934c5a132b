"""What a document refers to, fetched for whoever reads it."""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from domain.learning.documents import FOLDER, fetch_document
from domain.shared.errors import Unprocessable, WebTimeout
from domain.web.ports import Limits, Web
from plugins.openapi.reading import Fetched

_SECONDS: Final = 15.0  # for all of one document's: half of the time that reading it may take
_SECONDS_EACH: Final = 5.0


class Fetcher:
    """Fetches what one document refers to, each of at most ``most`` bytes, within 15 seconds.

    ``web`` goes nowhere but to the hosts that may be referred to. ``files`` came with the document.
    """

    def __init__(
        self, web: Web | None, most: int, files: Mapping[str, bytes] | None = None
    ) -> None:
        self._web = web
        self._files = files or {}
        self._most = most
        self._left = _SECONDS
        self.digests: list[bytes] = []

    async def fetch(self, url: str) -> Fetched:
        """Fetch one; its digest is kept.

        Raises:
            Unprocessable: its server answers with something else, or there is no such file.
            WebError: its address is not allowed, or gave no answer in the time that is left.

        """
        if url.startswith(FOLDER):
            return self._file(url)
        if self._web is None:
            raise Unprocessable("Nothing is fetched.")
        if self._left <= 0:
            raise WebTimeout(f"Fetching what it refers to takes more than {_SECONDS:g} seconds.")
        now = asyncio.get_running_loop().time
        started = now()
        limits = Limits(seconds=min(_SECONDS_EACH, self._left), bytes=self._most)
        try:
            data, source = await fetch_document(self._web, url, limits)
        finally:
            self._left -= now() - started
        self.digests.append(sha256(data).digest())
        return Fetched(source, data)

    def _file(self, url: str) -> Fetched:
        path = unquote(url.removeprefix(FOLDER).partition("#")[0])
        if path not in self._files:
            raise Unprocessable(f"There is no file {path!r} beside the document.")
        self.digests.append(sha256(self._files[path]).digest())
        return Fetched(url, self._files[path])
