"""The port to the learned APIs as they are kept, for all workers."""

from collections.abc import Sequence
from typing import Protocol

from domain.learned_apis import ApiScheme, ApiTool, ApiVersion, LearnedApi, SkippedOperation
from domain.paging import Page


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
