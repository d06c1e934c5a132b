"""The details of learned APIs and of drafts, for operators: operations, changes, warnings."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.summary import ApiSummary
from domain.learning.api.version import ApiTool, SkippedOperation
from domain.learning.cache import ApiCache
from domain.learning.credential_store import OPERATOR, CredentialStore
from domain.learning.diff.changes import Diff
from domain.learning.drafts import Draft
from domain.learning.ports import LearnedApis
from domain.learning.waiting import WaitingDiffs
from domain.learning.warnings import warnings
from domain.web.ports import HostCheck


@dataclass(frozen=True, slots=True)
class ApiDetails:
    """A learned API or a draft, and a page of its operations.

    ``diff`` holds the changes of the waiting version, or of the draft. ``given`` names the security
    schemes for which the operator's credentials are set.
    """

    api: LearnedApi
    summary: ApiSummary
    operations: Sequence[ApiTool | SkippedOperation]
    diff: Diff | None
    given: Sequence[str]
    warnings: Sequence[str]


class ApiInspection:
    """Reads the details of APIs and of drafts."""

    def __init__(
        self,
        apis: LearnedApis,
        cache: ApiCache,
        waiting: WaitingDiffs,
        credential_store: CredentialStore,
        hosts: HostCheck | None = None,
    ) -> None:
        self._apis = apis
        self._cache = cache
        self._waiting = waiting
        self._credential_store = credential_store
        self._hosts = hosts

    async def stored(self, api_id: str, first: int, limit: int) -> ApiDetails:
        """Return a stored API, with ``limit`` operations after the first ``first``.

        Raises:
            NotFound: there is none.

        """
        cached = await self._cache.get(api_id)
        operations = await self._apis.operations(api_id, first, limit)
        diff = await self._waiting.of(cached)
        given = await self._credential_store.schemes(api_id, OPERATOR)
        sentences = list(warnings(cached.api, cached.summary, given))
        return ApiDetails(cached.api, cached.summary, operations, diff, given, sentences)

    async def draft(self, draft: Draft, first: int, limit: int) -> ApiDetails:
        """Return a draft's API, with ``limit`` operations after the first ``first``.

        Its warnings include servers that the SSRF guard refuses.
        """
        given = draft.credentials
        names = (
            await self._credential_store.schemes(draft.api.id, OPERATOR)
            if given is None
            else [*given]
        )
        closed = await self._closed_hosts(draft)
        sentences = [*warnings(draft.api, draft.summary, names), *closed]
        operations = draft.version.operations[first : first + limit]
        return ApiDetails(draft.api, draft.summary, operations, draft.diff, names, sentences)

    async def _closed_hosts(self, draft: Draft) -> list[str]:
        """Return a sentence for each of the draft's servers that the SSRF guard refuses."""
        if self._hosts is None:
            return []
        base_url = draft.api.settings.base_url
        servers = (base_url,) if base_url else draft.summary.servers
        refusals = await asyncio.gather(*map(self._hosts.refusal, servers))
        return [f"Calls will fail. {why}" for why in dict.fromkeys(filter(None, refusals))]
