"""The use cases of learned APIs: learn, change, refresh, and accept a waiting version.

What takes time (fetching and reading a document) returns a `Draft`, and stores nothing:
`domain.learning.keeping` does.
"""

import asyncio
from dataclasses import replace

from domain.accounts.users import User
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.settings import ApiSettings
from domain.learning.cache import ApiCache
from domain.learning.diff.changes import merged, with_known
from domain.learning.documents import Document, Documents
from domain.learning.drafts import (
    Draft,
    Edit,
    LearnOrder,
    checked,
    counted,
    with_fixed_named,
)
from domain.learning.neighbours import Neighbours
from domain.learning.ports import LearnedApis
from domain.learning.waiting import compared
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, PuertoError
from domain.shared.ids import new_id


class Learning:
    """Makes the drafts of new, changed and refreshed APIs."""

    def __init__(
        self,
        apis: LearnedApis,
        cache: ApiCache,
        documents: Documents,
        neighbours: Neighbours,
        clock: Clock,
    ) -> None:
        self._apis = apis
        self._cache = cache
        self._documents = documents
        self._neighbours = neighbours
        self._clock = clock

    async def learn(self, user: User, order: LearnOrder, *, again: bool = False) -> Draft:
        """Learn an API; return the draft.

        A document that was learned before needs ``again``, or a name of its own.

        Raises:
            InvalidRequest: a setting does not fit.
            Unprocessable: the document cannot be read, or has no operation that can be learned.
            InvalidDocument: it is not valid, and the order is strict.
            WebError: the document's address is not open, or gave no answer.
            Conflict: there is an API of this name, or of this document.

        """
        order.settings.check()
        if not (again or order.name):
            await self._neighbours.require_new(order.document.url, "")
        version = await self._documents.read(order.document, strict=order.strict)
        if not (again or order.name):
            await self._neighbours.require_new("", version.digest)
        api_id, now = new_id(), self._clock.now()
        name = order.name or await self._neighbours.free_name(order, version)
        version = await self._neighbours.with_free_tools(api_id, name, version, {})
        api = LearnedApi(
            id=api_id,
            name=name,
            source=order.document.url,
            settings=with_fixed_named(order.settings, order.fixed),
            user_id=user.id,
            created_at=now,
            learned_at=now,
            updated_by=user.id,
        )
        draft = Draft("learned", api, version, credentials=order.credentials, fixed=order.fixed)
        return await self._checked(draft)

    async def change(self, user: User, api_id: str, edit: Edit) -> Draft:
        """Change an API's name, settings or credentials; return the draft.

        Raises:
            NotFound: there is no such API.
            InvalidRequest: a setting does not fit.
            Conflict: a name is taken.

        """
        cached = await self._cache.get(api_id)
        api, version = cached.api, cached.version
        changed = replace(
            api,
            name=edit.name or api.name,
            settings=with_fixed_named(replace(api.settings, **edit.settings), edit.fixed),
            updated_by=user.id,
            revision=api.revision + 1,
        )
        changed.settings.check()
        waiting = await self._apis.waiting(api_id) if api.waiting else None
        draft = Draft("changed", changed, version, None, waiting, edit.credentials, edit.fixed)
        return await self._checked(draft, known=api.settings)

    async def refresh(
        self, user: User | None, api_id: str, document: Document | None = None
    ) -> Draft:
        """Read an API's document again, for a user or on schedule (None); return the draft.

        Changes that are not breaking take effect. If any is breaking, the whole new version waits
        to be accepted, and tools with a breaking change stay as they are. If the document cannot
        be read, the reason is stored as the API's ``problem``.

        Raises:
            NotFound: there is no such API.
            Conflict: the document was uploaded, and no new one is given.
            Unprocessable: it cannot be read, or has no operation that can be learned.
            WebError: its address is not open, or gave no answer.

        """
        cached = await self._cache.get(api_id)
        api, before = cached.api, cached.version
        if document is None:
            if not api.source:
                raise Conflict("This API's document has no address: send the new document.")
            document = Document(api.source)
        waited = await self._apis.waiting(api_id) if api.waiting else None
        names = (waited.names() if waited else {}) | before.names()
        try:
            read = await self._documents.read(document, names)
        except PuertoError as error:
            await self._note(api, error.message)
            raise
        named = await self._neighbours.with_free_tools(api_id, api.name, read, names)
        new = await asyncio.to_thread(with_known, before, named)
        diff = await compared(api, before, new)
        waits = diff.is_breaking
        version = await asyncio.to_thread(merged, before, new, diff) if waits else new
        refreshed = replace(
            api,
            source=document.url or api.source,
            learned_at=self._clock.now(),
            updated_by=user.id if user else api.updated_by,
            problem="",
            waiting=new.digest if waits else "",
            revision=api.revision + 1,
        )
        event = "refreshed" if diff or new.digest != api.digest else "unchanged"
        draft = Draft(event, refreshed, version, diff, new if waits else None)
        return await asyncio.to_thread(counted, draft)

    async def accept(self, user: User, api_id: str, digest: str = "") -> Draft:
        """Accept the waiting version; return the draft. ``digest`` is that of the version reviewed.

        Raises:
            NotFound: there is no such API.
            Conflict: none waits, or another one does.

        """
        cached = await self._cache.get(api_id)
        api, before = cached.api, cached.version
        waiting = await self._apis.waiting(api_id)
        if waiting is None:
            raise Conflict("No version of this API waits to be accepted.")
        if digest not in ("", waiting.digest):
            raise Conflict("Another version waits by now: look at it first.")
        diff = await compared(api, before, waiting)
        accepted = replace(api, updated_by=user.id, waiting="", revision=api.revision + 1)
        return await asyncio.to_thread(counted, Draft("accepted", accepted, waiting, diff))

    async def _note(self, api: LearnedApi, problem: str) -> None:
        await self._apis.change(replace(api, problem=problem, revision=api.revision + 1))

    async def _checked(self, draft: Draft, known: ApiSettings | None = None) -> Draft:
        """Validate a draft; ``known`` are the settings before.

        Raises:
            InvalidRequest: a setting names what the document does not have.
            Unprocessable: so do the credentials.
            Conflict: a name is taken.

        """
        await self._neighbours.require_free(draft.api)
        taken = await self._neighbours.tools(draft.api.id)
        gone = known.overrides if known else ()
        return await asyncio.to_thread(checked, draft, gone, taken)
