"""Learned APIs: their names, their versions, and the credentials for them, over fakes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from domain.accounts.users import Role, User
from domain.learning.api.credentials import OAuthGrant, SentToken
from domain.learning.api.learned_api import PLUGIN, LearnedApi
from domain.learning.api.settings import ApiSettings, Override, Selection, offered
from domain.learning.api.summary import summary_of
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.learning.credential_store import OPERATOR, CredentialStore
from domain.learning.diff.changes import difference, merged
from domain.learning.documents import Document, Documents
from domain.learning.drafts import Draft, Edit, LearnOrder
from domain.learning.findings import DocumentFinding, DocumentReport, InvalidDocument
from domain.learning.keeping import ApiNews
from domain.learning.names import free_names, slug
from domain.learning.warnings import warnings
from domain.notifications.notices import Notice
from domain.plugins.service import PluginService
from domain.plugins.switches import SwitchKind
from domain.shared.errors import Conflict, ToolFailed, Unprocessable
from domain.tools.tool import Effect, ToolSpec
from domain.web.ports import ExchangeLimits, WebRequest, WebResponse
from entrypoints.wiring.learning import make_use_cases
from plugins.host.host import PluginHost
from tests.fakes.clock import FakeClock
from tests.fakes.learned_apis import FakeCipher, FakeLearnedApis, FakeReader
from tests.fakes.persistence import FakeStore

PETS, BIRDS = "GET /pets", "GET /birds"
KEY = ApiScheme("key", "apiKey", "header X-Key")


def a_tool(operation: str = PETS, **changes: Any) -> ApiTool:
    parameters = {"type": "object", "properties": {"q": {"type": "string"}}}
    name = operation.lower().replace(" /", "_")
    spec = ToolSpec(name, f"Does {operation}.", parameters, Effect.READ, open_world=True)
    tool = ApiTool(spec, operation, places=("https://a.example/v1",), call=operation.encode())
    return replace(tool, **changes)


def a_version(*tools: ApiTool, digest: str = "d1", **changes: Any) -> ApiVersion:
    return replace(ApiVersion(digest, "Pets", tools or (a_tool(),)), **changes)


def an_api(settings: ApiSettings, version: ApiVersion) -> LearnedApi:
    now = FakeClock().now()
    return LearnedApi("1", "Pets", "", settings, "u1", now, now, "u1", endpoints=version.endpoints)


def changed(tool: ApiTool, **spec: Any) -> ApiTool:
    return replace(tool, spec=replace(tool.spec, **spec))


class FakeWeb:
    """Answers every address with the same."""

    def __init__(self, status: int = 200, body: bytes = b"pets") -> None:
        self.status, self.body = status, body

    async def send(self, request: WebRequest, limits: ExchangeLimits) -> WebResponse:
        return WebResponse(self.status, (), self.body, request.url)


class FakeNotices:
    def __init__(self) -> None:
        self.published: list[Notice] = []

    def publish(self, notice: Notice) -> None:
        self.published.append(notice)


class House:
    """The use cases over fakes; its reader knows ``pets`` and ``new``."""

    def __init__(self, apis: type[FakeLearnedApis] = FakeLearnedApis) -> None:
        self.store, self.clock, self.reader = FakeStore(), FakeClock(), FakeReader()
        self.store.learned_apis = apis(self.store.memory)
        self.web, self.notices, self.host = FakeWeb(), FakeNotices(), PluginHost()
        self.user = User("u1", "o@x.org", "olga", "Olga", Role.OPERATOR, self.clock.now())
        self.credential_store = CredentialStore(self.store.api_keys, FakeCipher(), self.clock)
        self.reader.documents[b"pets"] = a_version()
        store = self.store
        plugin_service = PluginService(self.host, self.host, store.switches, self.clock)
        use_cases = make_use_cases(
            store,
            Documents(self.web, self.reader, 1_000),
            self.credential_store,
            ApiNews(
                store.switches,
                plugin_service,
                self.notices,
                store.outbox,
                store.unit_of_work,
                self.clock,
            ),
            self.host,
            self.clock,
            hosts=None,
        )
        self.cache, self.learning = use_cases.cache, use_cases.learning
        self.changes, self.inspection = use_cases.changes, use_cases.inspection
        self.own_credentials = use_cases.own_credentials

    async def learned(self, data: bytes = b"pets", **order: Any) -> Draft:
        draft = await self.learning.learn(self.user, LearnOrder(Document(data=data), **order))
        await self.changes.keep(draft)
        return draft

    async def refreshed(self, api_id: str, version: ApiVersion) -> Draft:
        self.reader.documents[b"new"] = version
        draft = await self.learning.refresh(self.user, api_id, Document(data=b"new"))
        await self.changes.keep(draft)
        return draft


@pytest.fixture
def house() -> House:
    return House()


async def test_every_worker_is_told(house: House) -> None:
    async def generation() -> int:
        return (await house.store.switches.load()).plugin(PLUGIN).generation

    api = (await house.learned()).api
    assert await generation() == 1
    await house.refreshed(api.id, a_version(a_tool(), a_tool(BIRDS)))
    assert await generation() == 2
    draft = await house.learning.change(house.user, api.id, Edit(name="Other"))
    await house.changes.keep(draft)
    assert await generation() == 3
    await house.changes.forget(api.id)
    assert await generation() == 4


async def test_notice_is_given_of_what_was_learned(house: House) -> None:
    draft = await house.learned()
    await house.changes.announce(draft)

    (notice,) = house.notices.published
    assert notice.type == "api.learned"
    assert notice.data == {
        "api_id": draft.api.id,
        "name": "Pets",
        "event": "learned",
        "tools": 1,
        "waiting": False,
    }
    (told,) = house.store.memory.notices.values()  # webhooks, with what was stored
    assert (told.type, told.data) == (notice.type, notice.data)


async def test_a_failed_keeping_changes_nothing(house: House) -> None:
    with pytest.raises(Exception, match="key"):
        await house.learned(credentials={"key": "k"})
    house.reader.documents[b"pets"] = a_version(schemes=(KEY,))
    with pytest.raises(Exception, match="must be a text"):
        await house.learned(credentials={"key": 5})

    assert await house.store.learned_apis.all() == []
    assert house.store.memory.notices == {}
    assert (await house.store.switches.load()).plugin(PLUGIN).generation == 0


async def test_another_ones_change_meanwhile_is_a_conflict(house: House) -> None:
    api = (await house.learned()).api
    first, second = [
        await house.learning.change(house.user, api.id, Edit(name=name)) for name in ("A", "B")
    ]
    await house.changes.keep(first)
    with pytest.raises(Conflict, match="meanwhile"):
        await house.changes.keep(second)


async def test_a_refresh_by_address_says_what_was_wrong(house: House) -> None:
    draft = await house.learning.learn(house.user, LearnOrder(Document("https://a.example/o.json")))
    await house.changes.keep(draft)
    house.web.status = 404

    with pytest.raises(Unprocessable, match=r"a\.example answered 404"):
        await house.learning.refresh(house.user, draft.api.id)
    kept = await house.store.learned_apis.get(draft.api.id)
    assert kept.problem == "a.example answered 404, and no document."
    house.web.status = 200
    await house.changes.keep(await house.learning.refresh(house.user, draft.api.id))
    assert (await house.store.learned_apis.get(draft.api.id)).problem == ""
    sent = (await house.learned(name="Sent")).api
    with pytest.raises(Conflict, match="no address"):
        await house.learning.refresh(house.user, sent.id)


async def test_what_breaks_waits_and_the_newest_version_waits(house: House) -> None:
    api = (await house.learned()).api
    destructive = changed(a_tool(), effect=Effect.DESTRUCTIVE)
    draft = await house.refreshed(api.id, a_version(destructive, a_tool(BIRDS), digest="d2"))
    assert draft.diff is not None
    assert draft.diff.breaking[0].what == ("its effect is destructive now, and was read",)
    kept = await house.inspection.stored(api.id, 0, 9)
    effects = [each.spec.effect for each in kept.operations if isinstance(each, ApiTool)]
    assert effects == [Effect.READ, Effect.READ]
    assert kept.api.waiting == "d2"

    await house.refreshed(api.id, a_version(destructive, digest="d3"))
    kept = await house.inspection.stored(api.id, 0, 9)
    assert (kept.api.waiting, kept.api.tools) == ("d3", 2)
    assert kept.diff is not None
    assert [change.operation for change in kept.diff.gone] == [BIRDS]

    await house.refreshed(api.id, a_version(a_tool(), a_tool(BIRDS), digest="d4"))
    kept = await house.inspection.stored(api.id, 0, 9)
    assert (kept.api.waiting, kept.diff) == ("", None)
    assert await house.store.learned_apis.waiting(api.id) is None


OTHER_ADDRESS = a_tool(places=("https://evil.example/v1",))
OTHER_TOKENS = a_tool(places=("https://a.example/v1", "https://evil.example/token"))


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (OTHER_ADDRESS, "https://evil.example now"),
        (OTHER_TOKENS, "https://evil.example now"),
        (a_tool(places=("http://a.example/v1",)), "http://a.example now"),
        (a_tool(is_open=False, asks=("key",)), "other credentials: key"),
        (a_tool(places=("https://a.example/v2",), call=b"x"), ""),
    ],
)
def test_where_calls_and_credentials_go_changes_by_acceptance_alone(
    tool: ApiTool, words: str
) -> None:
    diff = difference(a_version(), a_version(tool))

    assert diff.is_breaking == bool(words)
    assert words in str(diff.breaking)


def test_an_address_of_the_operators_own_stays() -> None:
    assert not difference(a_version(), a_version(OTHER_ADDRESS), is_placed=True).is_breaking
    assert difference(a_version(), a_version(OTHER_TOKENS), is_placed=True).is_breaking


def test_what_is_skipped_now_stays_until_that_is_accepted() -> None:
    skipped = SkippedOperation(PETS, "invalid", "/paths/~1pets/get", "Why.")
    old, new = a_version(), a_version(a_tool(BIRDS), skipped=(skipped,))
    diff = difference(old, new)

    assert [(change.operation, change.what) for change in diff.gone] == [(PETS, ("Why.",))]
    both = merged(old, new, diff)
    assert [tool.operation for tool in both.tools] == [BIRDS, PETS]
    assert both.skipped == ()


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        (Selection(), Selection(), True),
        (Selection(tags=("a",)), Selection(), True),
        (Selection(tags=("a",), methods=("post",)), Selection(), True),
        (Selection(tags=("a",), methods=("GET",)), Selection(), False),
        (Selection(paths=("/pets*",)), Selection(), True),
        (Selection(paths=("/pets",)), Selection(), False),
        (Selection(operations=("addPet",)), Selection(), True),
        (Selection(), Selection(operations=("POST /pets/{id}",)), False),
        (Selection(), Selection(methods=("GET",), tags=("b",)), False),
        (Selection(tags=("a",)), Selection(tags=("c",)), True),
    ],
)
def test_operations_are_chosen(include: Selection, exclude: Selection, taken: bool) -> None:
    tool = a_tool("POST /pets/{id}", operation_id="addPet", tags=("a", "b"))
    settings = ApiSettings(include=include, exclude=exclude)

    assert bool(offered(settings, a_version(tool))) == taken


@pytest.mark.parametrize(
    ("names", "taken", "expected"),
    [
        ({"a": "list"}, set[str](), ["list"]),
        ({"a": "list", "b": "get"}, {"list"}, ["pet_shop_list", "get"]),
        ({"a": "list", "b": "pet_shop_list"}, {"list"}, ["pet_shop_list_x", "pet_shop_list"]),
        ({"a": "n" * 64}, {"n" * 64}, ["pet_shop_nnn"]),
    ],
)
def test_a_name_is_changed_only_where_it_is_taken(
    names: Mapping[str, str], taken: set[str], expected: Sequence[str]
) -> None:
    found = free_names(names, taken, "Pet Shop!")

    assert all(name.startswith(start) for name, start in zip(found.values(), expected, strict=True))
    assert all(len(name) <= 64 and name not in taken for name in found.values())
    assert len(set(found.values())) == len(found)
    assert free_names(names, taken, "Pet Shop!", kept=names) == names


def test_slugs() -> None:
    assert [slug(name) for name in ("Pet Shop!", "3 Años", "日本", "x" * 50)] == [
        "pet_shop",
        "api_3_anos",
        "api",
        "x" * 24,
    ]


def test_warnings_say_what_is_to_do() -> None:
    tool = a_tool(places=("",), is_open=False, asks=("key",), notes=("Mended.",))
    skipped = SkippedOperation("PUT /pets", "invalid", "/paths/~1pets/put", "Why.")
    version = a_version(tool, skipped=(skipped,))

    def told(settings: ApiSettings, given: Sequence[str]) -> list[str]:
        summary = summary_of(settings, version)
        return list(warnings(an_api(settings, version), summary, given))

    assert [words.split()[0] for words in told(ApiSettings(), [])] == [
        "1",
        "The",
        "Credentials",
        "Something",
    ]
    assert len(told(ApiSettings(base_url="https://a.example", per_user=True), [])) == 2
    none = told(ApiSettings(exclude=Selection(methods=("GET",))), ["key"])
    assert none[1].startswith("No tool is offered")


class CountingApis(FakeLearnedApis):
    """Counts how often a whole version is asked for."""

    whole = 0

    async def version(self, api_id: str) -> ApiVersion:
        self.whole += 1
        return await super().version(api_id)

    async def waiting(self, api_id: str) -> ApiVersion | None:
        self.whole += 1
        return await super().waiting(api_id)


async def test_a_page_looks_at_no_whole_version() -> None:
    house = House(CountingApis)
    api = (await house.learned()).api
    apis = house.store.learned_apis
    assert isinstance(apis, CountingApis)

    for first in (0, 1):
        found = await house.inspection.stored(api.id, first, 1)
        assert [each.operation for each in found.operations] == [PETS][first:]
    assert apis.whole == 0  # what was just learned is at hand

    await house.refreshed(api.id, a_version(a_tool(BIRDS), digest="d2"))
    before = apis.whole
    for _ in range(3):
        assert (await house.inspection.stored(api.id, 0, 1)).diff
    assert apis.whole == before + 1  # it is compared once


async def test_other_settings_leave_the_version_where_it_is() -> None:
    house = House(CountingApis)
    api = (await house.learned()).api
    apis = house.store.learned_apis
    assert isinstance(apis, CountingApis)
    (before,) = await house.cache.look()

    edit = Edit(settings={"overrides": {PETS: Override(description="Better.")}})
    await house.changes.keep(await house.learning.change(house.user, api.id, edit))

    (after,) = await house.cache.look()
    assert after.version is before.version
    assert [tool.spec.description for tool in after.tools] == ["Better."]
    assert apis.whole == 0


async def test_credentials_are_opened_for_their_owner_alone(house: House) -> None:
    api_id = (await house.learned()).api.id
    await house.credential_store.put(api_id, "ann", {"key": "of ann"})
    await house.credential_store.put(api_id, OPERATOR, {"key": "of the operator"})

    for owner, value in (("ann", "of ann"), (OPERATOR, "of the operator")):
        found = await house.credential_store.credentials(api_id, owner)
        assert found.by_scheme == {"key": SentToken(value)}
    assert not await house.credential_store.credentials(api_id, "bob")
    swapped = house.store.memory.api_keys[api_id, OPERATOR]
    await house.store.api_keys.put(replace(swapped, owner="bob"))
    with pytest.raises(ToolFailed, match="another key"):
        await house.credential_store.credentials(api_id, "bob")


async def test_what_an_older_key_sealed_is_sealed_anew(house: House) -> None:
    api_id = (await house.learned()).api.id
    old = CredentialStore(house.store.api_keys, FakeCipher("old"), house.clock)
    await old.put(api_id, OPERATOR, {"key": "k"})
    cipher = FakeCipher("new", "old")
    await CredentialStore(house.store.api_keys, cipher, house.clock).credentials(api_id, OPERATOR)

    kept = house.store.memory.api_keys[api_id, OPERATOR]
    assert cipher.is_current(kept.sealed)
    with pytest.raises(ToolFailed):
        await old.credentials(api_id, OPERATOR)


async def test_a_refresh_token_in_use_has_a_place_among_very_many(house: House) -> None:
    store, api_id = house.credential_store, (await house.learned()).api.id

    async def used(number: int) -> None:
        grant = {"client_id": "c", "refresh_token": str(number)}
        await store.put(api_id, str(number), {"o": grant})
        await store.credentials(api_id, str(number))

    for number in [*range(9_000), 0, *range(9_000, 12_000)]:
        await used(number)
    await store.rotated(OAuthGrant("c", refresh_token="0"), "new")
    found = (await store.credentials(api_id, "0")).by_scheme["o"]
    assert found == OAuthGrant("c", refresh_token="new")


async def test_a_refresh_token_that_is_replaced_is_kept(house: House) -> None:
    api_id = (await house.learned()).api.id
    given = {"o": {"client_id": "c", "refresh_token": "first"}, "key": "k"}
    await house.credential_store.put(api_id, "ann", given)
    found = (await house.credential_store.credentials(api_id, "ann")).by_scheme["o"]
    assert isinstance(found, OAuthGrant)

    used = replace(found, token_url="https://a.example/token", scopes=("read",))
    await house.credential_store.rotated(used, "second")
    await house.credential_store.rotated(OAuthGrant("stranger", refresh_token="other"), "third")
    found = (await house.credential_store.credentials(api_id, "ann")).by_scheme["o"]
    assert found == OAuthGrant("c", refresh_token="second")
    await house.credential_store.rotated(used, "third")  # by who still holds the first
    assert (await house.credential_store.schemes(api_id, "ann")) == ("key", "o")
    again = (await house.credential_store.credentials(api_id, "ann")).by_scheme["o"]
    assert again == OAuthGrant("c", refresh_token="third")


async def test_who_switched_the_plugin_off_finds_it_off(house: House) -> None:
    await house.store.switches.turn(SwitchKind.PLUGIN, PLUGIN, is_on=False)
    await house.learned()

    assert not (await house.store.switches.load()).plugin(PLUGIN).is_on


async def test_a_strict_order_takes_a_valid_document_alone(house: House) -> None:
    order = LearnOrder(Document(data=b"pets"), strict=True)
    finding = DocumentFinding(3, 5, "/info/colour", "unknown-key", "`colour` cannot stand here.")
    house.reader.report = DocumentReport((finding,))
    with pytest.raises(InvalidDocument) as refused:
        await house.learning.learn(house.user, order)
    assert refused.value.message == (
        "The document is not valid: one thing is wrong. In line 3: `colour` cannot stand here."
    )
    assert refused.value.details == {"findings": [asdict(finding)], "more": False}
    tolerant = await house.learning.learn(house.user, LearnOrder(Document(data=b"pets")))
    house.reader.report = DocumentReport()
    strict = await house.learning.learn(house.user, order)
    assert strict.version == tolerant.version


async def test_own_credentials_are_for_apis_that_are_called_with_them(house: House) -> None:
    ann = User("ann", "a@x.org", "ann", "Ann", Role.USER, house.clock.now())
    house.reader.documents[b"pets"] = a_version(schemes=(KEY,))
    api = (await house.learned()).api
    own = house.own_credentials
    with pytest.raises(Conflict, match="the operator's credentials"):
        await own.put(ann, api.id, {"key": "of ann"})
    await house.changes.keep(
        await house.learning.change(house.user, api.id, Edit(settings={"per_user": True}))
    )
    with pytest.raises(Unprocessable, match="asks for key, not for 'other'"):
        await own.put(ann, api.id, {"other": "of ann"})
    state = await own.put(ann, api.id, {"key": "of ann"})
    assert (state.given, state.per_user, state.asked) == (("key",), True, (KEY,))
    await own.remove(ann, api.id)
    assert (await own.state(ann, api.id)).given == ()
