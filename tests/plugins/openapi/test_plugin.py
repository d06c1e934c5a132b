"""The plugin of learned APIs: what it registers, and how that follows what is kept."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.settings import ApiSettings, Override
from domain.learning.api.version import ApiTool, ApiVersion
from domain.learning.cache import CachedApi
from domain.learning.credential_store import CredentialStore
from domain.plugins.plugin import PluginState
from domain.plugins.switches import Switch, Switchboard
from domain.shared.errors import InvalidArguments
from domain.tools.preview import Preview
from domain.tools.tool import Abridged, Previewed
from domain.tools.tool_context import ToolContext
from plugins.authoring.errors import ToolDefinitionError
from plugins.host.admission import admit
from plugins.host.host import PluginHost
from plugins.openapi.plugin import LearnedApisPlugin
from plugins.openapi.reader import ProcessReader
from plugins.openapi.wire.calling import ApiCaller
from tests.fakes.clock import FakeClock
from tests.fakes.learned_apis import FakeCipher
from tests.fakes.persistence import FakeStore
from tests.support.pets import DOCUMENT

AT = datetime(2026, 11, 20, tzinfo=UTC)


class NoWeb:
    async def send(self, request: Any, limits: Any) -> Any:
        raise AssertionError("nobody calls")


class NoTokens:
    async def get(self, grant: Any) -> str:
        raise AssertionError("nobody calls")

    def forget(self, grant: Any) -> None: ...


class Kept:
    """What is kept, and a host whose plugin registers it."""

    def __init__(self, *tools: ApiTool) -> None:
        api = LearnedApi("a1", "Pet Shop", "", ApiSettings(), "u1", AT, AT, "u1")
        self.shelved: Sequence[CachedApi] = [CachedApi.of(api, ApiVersion("d", "Pet Shop", tools))]
        self.problem = ""
        credential_store = CredentialStore(FakeStore().api_keys, FakeCipher(), FakeClock())
        plugin = LearnedApisPlugin(self._look, ApiCaller(NoWeb(), NoTokens()), credential_store)
        self.host = PluginHost()
        self.host.apply(Switchboard())
        self.host.register(plugin, "learned")
        self._generation = 0

    def _look(self) -> Sequence[CachedApi]:
        if self.problem:
            raise OSError(self.problem)
        return self.shelved

    def reload(self) -> None:
        self._generation += 1
        switch = Switch(generation=self._generation)
        self.host.apply(Switchboard(plugins={"learned": switch}))

    def set(self, **settings: Any) -> None:
        (one,) = self.shelved
        changed = replace(one.api, settings=replace(one.api.settings, **settings))
        self.shelved = [CachedApi.of(changed, one.version)]

    def version(self, name: str = "listPets") -> str:
        return self.host.get(name).spec.version

    @property
    def info(self) -> Any:
        (found,) = [one for one in self.host.plugins() if one.name == "learned"]
        return found


@pytest.fixture(scope="module")
async def tools() -> tuple[ApiTool, ...]:
    """The tools of the document, read as documents are."""
    version = await ProcessReader(1_000_000).read(json.dumps(DOCUMENT).encode(), "", {})
    return version.tools


@pytest.fixture
def kept(tools: tuple[ApiTool, ...]) -> Kept:
    return Kept(*tools)


def test_other_fixed_values_are_another_version(kept: Kept) -> None:
    kept.set(fixed={"listPets": ("limit",)}, fixed_version="1")
    kept.reload()
    before, other = kept.version(), kept.version("addPet")
    kept.set(fixed_version="2")
    kept.reload()
    assert kept.version() != before
    assert kept.version("addPet") == other


async def test_a_document_is_read_apart(tools: tuple[ApiTool, ...]) -> None:
    source = "https://pets.example/v1/openapi.json"
    document = b'{"openapi": "3.0.0", "info": {"title": " Pets "}, "paths": {"/a": {"get": {}}}}'
    version = await ProcessReader(1_000).read(document, source, {"GET /a": "mine"})

    assert (version.title, version.names()) == ("Pets", {"GET /a": "mine"})
    assert version.tools[0].places == ("https://pets.example/",)
    first = tools[0]
    assert (first.asks, first.is_open, first.tags) == (("key",), False, ("pets",))
    assert first.places == ("",)
    assert tools[3].is_open


def test_tools_are_those_of_the_plugin(kept: Kept) -> None:
    assert kept.info.tools == ("addPet", "getPet", "listPets", "openingHours")
    tool = kept.host.get("listPets")
    assert (tool.spec.plugin, tool.spec.category) == ("learned", "pet_shop")
    assert tool.check({"limit": 1}) == {"limit": 1}
    with pytest.raises(InvalidArguments, match="kind"):
        tool.check({"kind": "bird"})


def test_what_did_not_change_is_not_made_again(kept: Kept) -> None:
    before = {tool.spec.name: getattr(tool, "tool") for tool in kept.host.tools()}  # noqa: B009
    kept.reload()
    after = {tool.spec.name: getattr(tool, "tool") for tool in kept.host.tools()}  # noqa: B009

    assert all(after[name] is tool for name, tool in before.items())


def test_a_change_makes_the_tool_anew_that_it_is_about_and_no_other(kept: Kept) -> None:
    before = {tool.spec.name: tool for tool in kept.host.tools()}
    kept.set(overrides={"POST /pets": Override(description="Better words.")})
    kept.reload()
    after = {tool.spec.name: tool for tool in kept.host.tools()}

    assert after.keys() == before.keys()
    assert [name for name, tool in before.items() if after[name] is not tool] == ["addPet"]
    assert after["addPet"].spec.description == "Better words."


def test_a_call_that_would_go_elsewhere_is_of_another_version(kept: Kept) -> None:
    before = kept.version()
    kept.set(overrides={"POST /pets": Override(enabled=False)})
    kept.reload()
    assert kept.version() == before
    assert "addPet" not in kept.info.tools

    kept.set(base_url="https://elsewhere.example")
    kept.reload()
    assert kept.version() != before


def test_what_may_be_repeated_is_an_operators_word(kept: Kept) -> None:
    assert not kept.host.get("addPet").spec.can_repeat
    before = kept.version("addPet")
    kept.set(overrides={"POST /pets": Override(idempotent=True)})
    kept.reload()
    assert kept.host.get("addPet").spec.can_repeat
    assert kept.version("addPet") != before  # nobody approved it as one that is repeated


def test_what_cannot_be_read_leaves_the_tools_that_are_there(kept: Kept) -> None:
    kept.problem = "no database"
    kept.reload()

    assert kept.info.state is PluginState.ACTIVE
    assert "no database" in kept.info.reason
    assert "listPets" in kept.info.tools


async def test_the_request_is_shown_beforehand(kept: Kept, context: ToolContext) -> None:
    kept.set(base_url="https://pets.example/v1")
    kept.reload()
    tool = kept.host.get("getPet")

    assert isinstance(tool, Previewed)
    shown = Preview("GET", "https://pets.example/v1/pets/a%2Fb")
    assert await tool.preview({"id": "a/b"}, context) == shown
    assert await tool.preview({"id": ".."}, context) is None


def test_the_whole_schema_is_without_what_the_operator_fixed(tools: tuple[ApiTool, ...]) -> None:
    (tool,) = [tool for tool in tools if tool.spec.name == "addPet"]
    properties = {"body": {"type": "object"}, "key": {"type": "string"}}
    schema = {"type": "object", "properties": properties, "required": ["key"]}
    packed = zlib.compress(json.dumps(schema).encode())
    abridged = replace(tool, spec=replace(tool.spec, is_abridged=True), whole=packed)
    kept = Kept(abridged)
    found = kept.host.get("addPet")
    assert isinstance(found, Abridged)
    assert found.whole_parameters() == schema

    fixed = Kept(replace(abridged, fixed={"key": ("key",)})).host.get("addPet")
    assert isinstance(fixed, Abridged)
    assert "key" not in str(fixed.whole_parameters())
    plain = Kept(tool).host.get("addPet")
    assert isinstance(plain, Abridged)
    assert plain.whole_parameters() == plain.spec.parameters


def test_what_was_read_from_json_is_not_checked_again_and_a_strangers_tool_is(kept: Kept) -> None:
    tool = getattr(kept.host.get("addPet"), "tool")  # noqa: B009
    tool._spec = replace(tool.spec, parameters={"type": "object", "x": object()})
    assert admit(tool, "learned").spec.plugin == "learned"

    class Stranger:
        spec = tool.spec
        check = run = tool.check

    with pytest.raises(ToolDefinitionError, match="not JSON"):
        admit(Stranger(), "strange")
