"""The ports to learned APIs, their credentials, and the reader of documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.learning.api.credentials import OAuthGrant
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.learning.findings import DocumentReport
from domain.shared.paging import Page


@dataclass(frozen=True, slots=True)
class SealedCredentials:
    """The credentials of one owner for one API, encrypted. The operator's have no ``owner``."""

    api_id: str
    owner: str
    schemes: tuple[str, ...]
    sealed: bytes = field(repr=False)
    at: datetime


class LearnedCredentials(Protocol):
    """The repository of encrypted credentials, by API and owner."""

    async def put(self, keys: SealedCredentials) -> None:
        """Store credentials; they replace the earlier ones.

        Raises:
            NotFound: there is no such API.

        """
        ...

    async def get(self, api_id: str, owner: str) -> SealedCredentials | None:
        """Return the credentials of one owner, or None."""
        ...

    async def remove(self, api_id: str, owner: str) -> None:
        """Delete the credentials of one owner, if there are any."""
        ...


class AccessTokens(Protocol):
    """Gets OAuth 2.0 access tokens, and caches them until they expire."""

    async def get(self, grant: OAuthGrant) -> str:
        """Return a valid token, from the cache or from the token endpoint.

        Raises:
            WebError: the token endpoint gave none; the message says why.

        """
        ...

    def forget(self, grant: OAuthGrant) -> None:
        """Drop the cached token: the API did not accept it."""
        ...


class ApiReader(Protocol):
    """Makes tools from OpenAPI documents, within limits of time and memory."""

    async def read(
        self,
        data: bytes,
        source: str,
        names: Mapping[str, str],
        files: Mapping[str, bytes] | None = None,
    ) -> ApiVersion:
        """Read a document; ``source`` is its address, empty if it was uploaded.

        ``names`` are names of tools to keep, by operation; the other tools get names unique within
        the version. ``files`` are the files uploaded with the document, under `FOLDER`.

        Raises:
            Unprocessable: the document cannot be read; the message and the details say why.

        """
        ...

    async def check(
        self, data: bytes, source: str, files: Mapping[str, bytes] | None = None
    ) -> DocumentReport:
        """Validate a document against its OpenAPI version; return the violations.

        Raises:
            Unprocessable: the document cannot be read; the message and the details say why.

        """
        ...


class LearnedApis(Protocol):
    """The repository of learned APIs, each with its version in use and perhaps a waiting one."""

    async def add(self, api: LearnedApi, version: ApiVersion) -> None:
        """Store a new API.

        Raises:
            Conflict: the name is taken.

        """
        ...

    async def get(self, api_id: str) -> LearnedApi:
        """Return one API.

        Raises:
            NotFound: there is none.

        """
        ...

    async def page(self, limit: int, cursor: str | None) -> Page[LearnedApi]:
        """Return a page of APIs, the oldest first.

        Raises:
            InvalidRequest: the cursor did not come from here.

        """
        ...

    async def all(self) -> Sequence[LearnedApi]:
        """Return all APIs, the oldest first."""
        ...

    async def operations(
        self, api_id: str, first: int, limit: int
    ) -> Sequence[ApiTool | SkippedOperation]:
        """Return ``limit`` operations of the version in use, after the first ``first``.

        ``ApiTool.call`` is left empty.

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
        """Store a changed API; its revision must be the stored one plus 1 (optimistic lock).

        ``version`` replaces the one in use, if given; ``waiting`` becomes the waiting one. If
        ``api.waiting`` is empty, the waiting one is deleted.

        Raises:
            Conflict: it was changed meanwhile, or the name is taken.

        """
        ...

    async def remove(self, api_id: str) -> None:
        """Delete an API, with all credentials for it.

        Raises:
            NotFound: there is none.

        """
        ...
