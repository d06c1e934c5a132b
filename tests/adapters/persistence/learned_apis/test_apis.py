"""The contracts of `LearnedApis` and `LearnedCredentials`."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.persistence import Database, Store
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.patterns import EffectRule
from domain.learning.api.settings import ApiSettings, Override, Selection
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.learning.ports import SealedCredentials
from domain.shared.errors import Conflict, InvalidRequest, NotFound
from domain.shared.ids import new_id
from domain.tools.tool import Effect, ToolSpec
from tests.adapters.persistence.stores import MINUTE, NOT_IDS, NOW, UNKNOWN

ANN = new_id()
SETTINGS = ApiSettings(
    base_url="https://api.example/v1",
    include=Selection(tags=("pets",), methods=("GET",)),
    exclude=Selection(paths=("/internal*",), operations=("dropAll",)),
    overrides={
        "GET /pets": Override("pets", "Año 2000.", Effect.WRITE, enabled=False, idempotent=True)
    },
    per_user=True,
    per_second=0.5,
    effects=(EffectRule("POST /find*", Effect.READ),),
    fixed={"*": ("key", "body.unit")},
    fixed_version="f1",
)


def a_version(digest: str = "d1") -> ApiVersion:
    parameters = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 2**60}}}
    spec = ToolSpec(
        "list_pets",
        "List the pets.",
        parameters,
        Effect.READ,
        idempotent=True,
        open_world=True,
        operation="GET /pets",
        is_abridged=True,
    )
    tool = ApiTool(
        spec,
        "GET /pets",
        "listPets",
        ("pets",),
        ("https://a.example/", ""),
        ("key",),
        is_open=False,
        notes=("Mended.",),
        call=b'{"path": "\xff\x00"}',
        whole=b"\x00\xff",
        suspects=("body.token",),
    )
    skipped = SkippedOperation("POST /pets", "invalid", "/paths/~1pets/post", "No.")
    return ApiVersion(
        digest, "Pets", (tool,), (skipped,), (ApiScheme("key", "apiKey", "header K"),)
    )


def an_api(name: str = "Pets", **changes: Any) -> LearnedApi:
    api = LearnedApi(
        id=new_id(),
        name=name,
        source="https://a.example/openapi.json",
        settings=SETTINGS,
        user_id=ANN,
        created_at=NOW,
        learned_at=NOW,
        updated_by=ANN,
        title="Pets",
        digest="d1",
        endpoints=2,
        tools=1,
    )
    return replace(api, **changes)


async def test_it_comes_back_as_it_was(store: Store) -> None:
    api, version = an_api(), a_version()
    await store.learned_apis.add(api, version)

    assert await store.learned_apis.get(api.id) == api
    assert await store.learned_apis.version(api.id) == version
    assert await store.learned_apis.waiting(api.id) is None
    (kept,) = (await store.learned_apis.version(api.id)).tools
    assert kept.spec.version == version.tools[0].spec.version
    assert list(await store.learned_apis.all()) == [api]


async def test_a_name_belongs_to_one(store: Store) -> None:
    first, second = an_api("One"), an_api("Two")
    await store.learned_apis.add(first, a_version())
    await store.learned_apis.add(second, a_version())

    with pytest.raises(Conflict, match="of this name"):
        await store.learned_apis.add(an_api("One"), a_version())
    with pytest.raises(Conflict, match="of this name"):
        await store.learned_apis.change(replace(second, name="One", revision=2))


async def test_versions_come_wait_and_go(store: Store) -> None:
    apis, api = store.learned_apis, an_api()
    await apis.add(api, a_version())

    waits = replace(api, waiting="d2", revision=2, problem="Why.", learned_at=NOW + MINUTE)
    await apis.change(waits, waiting=a_version("d2"))
    assert await apis.get(api.id) == waits
    assert (await apis.version(api.id)).digest == "d1"
    assert await apis.waiting(api.id) == a_version("d2")

    renamed = replace(waits, name="Other", settings=ApiSettings(), revision=3)
    await apis.change(renamed)
    assert await apis.get(api.id) == renamed
    assert await apis.waiting(api.id) == a_version("d2")

    await apis.change(replace(renamed, waiting="", digest="d2", revision=4), a_version("d2"))
    assert (await apis.version(api.id)).digest == "d2"
    assert await apis.waiting(api.id) is None


async def test_operations_come_in_pages(store: Store) -> None:
    apis, api, version = store.learned_apis, an_api(), a_version()
    await apis.add(api, version)
    (tool,), (skipped,) = version.tools, version.skipped

    assert list(await apis.operations(api.id, 0, 9)) == [replace(tool, call=b""), skipped]
    assert list(await apis.operations(api.id, 1, 1)) == [skipped]
    assert list(await apis.operations(api.id, 2, 1)) == []
    assert list(await apis.schemes(api.id)) == list(version.schemes)


async def test_a_page_reads_its_own_rows_and_other_settings_write_none(
    database: Database,
) -> None:
    apis, api = Store(database).learned_apis, an_api()
    tools = tuple(
        replace(a_version().tools[0], operation=f"GET /{number}") for number in range(1_200)
    )
    await apis.add(api, replace(a_version(), tools=tools))
    # Whoever read one of these rows, or wrote them anew, would be found out.
    await database.fetch("UPDATE learned_operations SET about = $1 WHERE number <> 700", b"{")

    (found,) = await apis.operations(api.id, 700, 1)
    assert found.operation == "GET /700"
    await apis.change(replace(api, settings=ApiSettings(), revision=2))
    (found,) = await apis.operations(api.id, 700, 1)
    assert found.operation == "GET /700"
    await apis.remove(api.id)
    assert await database.fetch("SELECT id FROM learned_operations") == []


async def test_of_two_changes_at_once_one_is_told(store: Store) -> None:
    api = an_api()
    await store.learned_apis.add(api, a_version())
    await store.learned_apis.change(replace(api, problem="first", revision=2))

    for revision in (2, 4):
        with pytest.raises(Conflict, match="meanwhile"):
            await store.learned_apis.change(replace(api, problem="second", revision=revision))
    assert (await store.learned_apis.get(api.id)).problem == "first"


async def test_they_come_in_pages(store: Store) -> None:
    made = [an_api(f"{n}", created_at=NOW + n // 2 * MINUTE) for n in range(5)]
    for api in reversed(made):
        await store.learned_apis.add(api, a_version())
    expected = sorted(made, key=lambda api: (api.created_at, api.id))

    found, cursor = list[LearnedApi](), None
    while not found or cursor is not None:
        page = await store.learned_apis.page(2, cursor)
        found, cursor = [*found, *page.items], page.next_cursor
    assert found == expected
    with pytest.raises(InvalidRequest):
        await store.learned_apis.page(2, "r" + "0" * 46)


async def test_what_is_removed_is_gone_with_its_credentials(store: Store) -> None:
    api, other = an_api("One"), an_api("Two")
    for each in (api, other):
        await store.learned_apis.add(each, a_version())
        await store.api_keys.put(SealedCredentials(each.id, ANN, ("key",), b"\0\xff", NOW))
    await store.learned_apis.remove(api.id)

    assert list(await store.learned_apis.all()) == [other]
    assert await store.api_keys.get(api.id, ANN) is None
    assert await store.api_keys.get(other.id, ANN) is not None


@pytest.mark.parametrize("api_id", [*NOT_IDS, UNKNOWN])
async def test_what_is_not_there_is_unknown(store: Store, api_id: str) -> None:
    apis = store.learned_apis
    for use in (apis.get, apis.version, apis.waiting, apis.schemes, apis.remove):
        with pytest.raises(NotFound):
            await use(api_id)
    with pytest.raises(NotFound):
        await apis.operations(api_id, 0, 9)
    with pytest.raises(NotFound):
        await store.api_keys.put(SealedCredentials(api_id, "", ("key",), b"x", NOW))
    assert await store.api_keys.get(api_id, "") is None
    await store.api_keys.remove(api_id, "")


async def test_credentials_belong_to_one_owner(store: Store) -> None:
    api = an_api()
    await store.learned_apis.add(api, a_version())
    keys = SealedCredentials(api.id, ANN, ("a", "b"), bytes(range(256)), NOW)
    operators = SealedCredentials(api.id, "", ("a",), b"1", NOW)
    for each in (replace(keys, sealed=b"before"), keys, operators):
        await store.api_keys.put(each)

    assert await store.api_keys.get(api.id, ANN) == keys
    assert await store.api_keys.get(api.id, "") == operators
    await store.api_keys.remove(api.id, ANN)
    assert await store.api_keys.get(api.id, ANN) is None
    assert await store.api_keys.get(api.id, "") == operators
