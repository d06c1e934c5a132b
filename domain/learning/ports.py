"""The ports to learned APIs, their credentials, and the reader of documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.learning.api import LearnedApi
from domain.learning.credentials import Grant
from domain.learning.findings import DocumentReport
from domain.learning.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.shared.paging import Page


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """The credentials of one owner for one API, encrypted. The operator's have no ``owner``."""

    api_id: str
    owner: str
    schemes: tuple[str, ...]
    sealed: bytes = field(repr=False)
    at: datetime


class ApiKeys(Protocol):
    """Encrypted credentials by API and owner."""

    async def put(self, keys: SealedKeys) -> None:
        """Keep these in the place of those before.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def get(self, api_id: str, owner: str) -> SealedKeys | None:
        """Return those of one owner."""
        ...

    async def remove(self, api_id: str, owner: str) -> None:
        """Forget those of one owner, if there are any."""
        ...


class Cipher(Protocol):
    """Encrypts, so that a database alone, or a row in another one's place, gives nothing away."""

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt data that belongs in that place."""
        ...

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what was sealed for that place.

        Raises:
            Unavailable: it was sealed with a key that is not at hand, or is damaged.

        """
        ...

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether it was sealed with the key that is in use now."""
        ...


class AccessTokens(Protocol):
    """Gets access tokens of OAuth 2.0 and keeps them as long as they hold."""

    async def get(self, grant: Grant) -> str:
        """Return a token that is good now, asking for one if need be.

        Raises:
            WebError: there is none to be had; the message says why.

        """
        ...

    def forget(self, grant: Grant) -> None:
        """Ask for a new token the next time: the last one was not accepted."""
        ...


class ApiReader(Protocol):
    """Makes tools of OpenAPI documents, within bounds of time and memory."""

    async def read(
        self,
        data: bytes,
        source: str,
        names: Mapping[str, str],
        files: Mapping[str, bytes] | None = None,
    ) -> ApiVersion:
        """Return what a document gives; ``source`` is its address, empty if it has none.

        ``names`` are names of tools that stay, by operation. The others are unique among
        themselves and those. ``files`` are those that come with a document under `FOLDER`.

        Raises:
            Unprocessable: the document cannot be read; the message and the details say why.

        """
        ...

    async def check(
        self, data: bytes, source: str, files: Mapping[str, bytes] | None = None
    ) -> DocumentReport:
        """Return which rules of its OpenAPI version a document breaks, and where.

        Raises:
            Unprocessable: the document cannot be read; the message and the details say why.

        """
        ...


class LearnedApis(Protocol):
    """The learned APIs: each with the version in use and, it may be, one that waits."""

    async def add(self, api: LearnedApi, version: ApiVersion) -> None:
        """Keep a new API.

        Raises:
            Conflict: one of that name is there.

        """
        ...

    async def get(self, api_id: str) -> LearnedApi:
        """Return one.

        Raises:
            NotFound: there is none.

        """
        ...

    async def page(self, limit: int, cursor: str | None) -> Page[LearnedApi]:
        """Return some, the oldest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def all(self) -> Sequence[LearnedApi]:
        """Return all, the oldest first."""
        ...

    async def operations(
        self, api_id: str, first: int, limit: int
    ) -> Sequence[ApiTool | SkippedOperation]:
        """Return ``limit`` operations of the version in use, after the first ``first``.

        How a tool is called (``ApiTool.call``) does not come with it.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def schemes(self, api_id: str) -> Sequence[ApiScheme]:
        """Return the security schemes of the version in use.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def version(self, api_id: str) -> ApiVersion:
        """Return the version in use.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def waiting(self, api_id: str) -> ApiVersion | None:
        """Return the version that waits to be accepted, if one does.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def change(
        self,
        api: LearnedApi,
        version: ApiVersion | None = None,
        waiting: ApiVersion | None = None,
    ) -> None:
        """Keep an API as it is now; its revision is one more than before.

        ``version`` takes the place of the one in use, if given. ``waiting`` waits from now on; if
        ``api.waiting`` is empty, none does.

        Raises:
            Conflict: somebody else changed it meanwhile, or another one has its name.

        """
        ...

    async def remove(self, api_id: str) -> None:
        """Forget an API, with all credentials for it.

        Raises:
            NotFound: there is none.

        """
        ...
