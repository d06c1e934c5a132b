"""Learned APIs, and drafts of some, as their operators have to know them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain.learning.api import LearnedApi
from domain.learning.cache import ApiShelf
from domain.learning.changes import Diff
from domain.learning.credential_store import OPERATOR, ApiKeyring
from domain.learning.drafts import Draft
from domain.learning.ports import LearnedApis
from domain.learning.summary import ApiSummary
from domain.learning.version import ApiTool, SkippedOperation
from domain.learning.waiting import WaitingDiffs
from domain.learning.warnings import warnings
from domain.web.ports import HostCheck


@dataclass(frozen=True, slots=True)
class ApiDetails:
    """An API as it is or would be, and some of its operations.

    ``diff`` is what accepting what waits would do, or what a draft does. ``given`` names the
    schemes for which the operator's credentials are set.
    """

    api: LearnedApi
    summary: ApiSummary
    operations: Sequence[ApiTool | SkippedOperation]
    diff: Diff | None
    given: Sequence[str]
    warnings: Sequence[str]


class ApiInspection:
    """Tells of an API what it offers, what changed, and what is still to do."""

    def __init__(
        self,
        apis: LearnedApis,
        shelf: ApiShelf,
        waiting: WaitingDiffs,
        keyring: ApiKeyring,
        hosts: HostCheck | None = None,
    ) -> None:
        self._apis = apis
        self._shelf = shelf
        self._waiting = waiting
        self._keyring = keyring
        self._hosts = hosts

    async def stored(self, api_id: str, first: int, limit: int) -> ApiDetails:
        """Return an API as it is, ``limit`` of its operations after the first ``first``.

        Raises:
            NotFound: there is none.

        """
        shelved = await self._shelf.get(api_id)
        operations = await self._apis.operations(api_id, first, limit)
        diff = await self._waiting.of(shelved)
        given = await self._keyring.schemes(api_id, OPERATOR)
        told = list(warnings(shelved.api, shelved.summary, given))
        return ApiDetails(shelved.api, shelved.summary, operations, diff, given, told)

    async def draft(self, draft: Draft, first: int, limit: int) -> ApiDetails:
        """Return an API as it would be, ``limit`` of its operations after the first ``first``.

        It is warned of addresses to which no call would be made, too.
        """
        given = draft.credentials
        names = await self._keyring.schemes(draft.api.id, OPERATOR) if given is None else [*given]
        told = [*warnings(draft.api, draft.summary, names), *await self._closed_hosts(draft)]
        operations = draft.version.operations[first : first + limit]
        return ApiDetails(draft.api, draft.summary, operations, draft.diff, names, told)

    async def _closed_hosts(self, draft: Draft) -> list[str]:
        """Return, in a sentence each, to which of its addresses no call would be made."""
        if self._hosts is None:
            return []
        base_url = draft.api.settings.base_url
        servers = (base_url,) if base_url else draft.summary.servers
        told = await asyncio.gather(*map(self._hosts.refusal, servers))
        return [f"Calls will fail. {why}" for why in dict.fromkeys(filter(None, told))]
