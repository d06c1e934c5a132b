"""Learned APIs and credentials for them, in memory; a reader, and a cipher that hides little."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from typing_extensions import override

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.learning.findings import DocumentReport
from domain.learning.ports import (
    ApiReader,
    LearnedApis,
    LearnedCredentials,
    SealedCredentials,
)
from domain.shared.cipher import Cipher
from domain.shared.errors import Conflict, NotFound, Unavailable, Unprocessable
from domain.shared.list_cursors import read_place, write_place
from domain.shared.paging import Page
from tests.fakes.memory import Memory, StoredApi


class FakeLearnedApis(LearnedApis):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, api: LearnedApi, version: ApiVersion) -> None:
        self._check_name(api)
        self._memory.learned_apis[api.id] = StoredApi(api, version)

    @override
    async def get(self, api_id: str) -> LearnedApi:
        return self._stored(api_id).api

    @override
    async def page(self, limit: int, cursor: str | None) -> Page[LearnedApi]:
        found = list(await self.all())
        if cursor is not None:
            place = read_place("learned", cursor)
            found = [api for api in found if (api.created_at, api.id) > place]
        if len(found) <= limit:
            return Page(found)
        last = found[limit - 1]
        return Page(found[:limit], write_place("learned", last.created_at, last.id))

    @override
    async def all(self) -> Sequence[LearnedApi]:
        found = [stored.api for stored in self._memory.learned_apis.values()]
        return sorted(found, key=lambda api: (api.created_at, api.id))

    @override
    async def operations(
        self, api_id: str, first: int, limit: int
    ) -> Sequence[ApiTool | SkippedOperation]:
        found = self._stored(api_id).version.operations[first : first + limit]
        return [replace(each, call=b"") if isinstance(each, ApiTool) else each for each in found]

    @override
    async def schemes(self, api_id: str) -> Sequence[ApiScheme]:
        return self._stored(api_id).version.schemes

    @override
    async def version(self, api_id: str) -> ApiVersion:
        return self._stored(api_id).version

    @override
    async def waiting(self, api_id: str) -> ApiVersion | None:
        return self._stored(api_id).waiting

    @override
    async def change(
        self,
        api: LearnedApi,
        version: ApiVersion | None = None,
        waiting: ApiVersion | None = None,
    ) -> None:
        stored = self._memory.learned_apis.get(api.id)
        if stored is None or stored.api.revision != api.revision - 1:
            raise Conflict("The learned API was changed meanwhile. Look at it again.")
        self._check_name(api)
        waits = (waiting or stored.waiting) if api.waiting else None
        kept = replace(api, user_id=stored.api.user_id, created_at=stored.api.created_at)
        self._memory.learned_apis[api.id] = StoredApi(kept, version or stored.version, waits)

    @override
    async def remove(self, api_id: str) -> None:
        self._stored(api_id)
        del self._memory.learned_apis[api_id]
        for place in [place for place in self._memory.api_keys if place[0] == api_id]:
            del self._memory.api_keys[place]

    def _stored(self, api_id: str) -> StoredApi:
        if api_id not in self._memory.learned_apis:
            raise NotFound("There is no such learned API.")
        return self._memory.learned_apis[api_id]

    def _check_name(self, api: LearnedApi) -> None:
        for stored in self._memory.learned_apis.values():
            if stored.api.name == api.name and stored.api.id != api.id:
                raise Conflict("There is a learned API of this name.")


class FakeApiKeys(LearnedCredentials):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def put(self, keys: SealedCredentials) -> None:
        if keys.api_id not in self._memory.learned_apis:
            raise NotFound("There is no such learned API.")
        self._memory.api_keys[keys.api_id, keys.owner] = keys

    @override
    async def get(self, api_id: str, owner: str) -> SealedCredentials | None:
        return self._memory.api_keys.get((api_id, owner))

    @override
    async def remove(self, api_id: str, owner: str) -> None:
        self._memory.api_keys.pop((api_id, owner), None)


class FakeCipher(Cipher):
    """Writes the key and the place beside the data, all of it backwards."""

    def __init__(self, key: str = "new", *older: str) -> None:
        self.keys = (key, *older)

    @override
    def seal(self, data: bytes, place: str) -> bytes:
        return f"{self.keys[0]}\n{place}\n".encode() + data[::-1]

    @override
    def open(self, sealed: bytes, place: str) -> bytes:
        key, meant, data = sealed.split(b"\n", 2)
        if key.decode() not in self.keys or meant.decode() != place:
            raise Unavailable("A secret was encrypted with another key.")
        return data[::-1]

    @override
    def is_current(self, sealed: bytes) -> bool:
        return sealed.startswith(f"{self.keys[0]}\n".encode())


class FakeReader(ApiReader):
    """Knows documents by their bytes; each is read as it was put in, names that stay included."""

    def __init__(self) -> None:
        self.documents: dict[bytes, ApiVersion] = {}
        self.report = DocumentReport()

    @override
    async def read(
        self,
        data: bytes,
        source: str,
        names: Mapping[str, str],
        files: Mapping[str, bytes] | None = None,
    ) -> ApiVersion:
        if data not in self.documents:
            raise Unprocessable("The document is no OpenAPI document.")
        version = self.documents[data]
        tools = (
            replace(tool, spec=replace(tool.spec, name=names.get(tool.operation, tool.spec.name)))
            for tool in version.tools
        )
        return replace(version, tools=tuple(tools))

    @override
    async def check(
        self, data: bytes, source: str, files: Mapping[str, bytes] | None = None
    ) -> DocumentReport:
        return self.report
