"""What is said of settings, errors, lifespans and previews, and how they are tried."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from domain.tools.http import NoHttpClient
from plugins.authoring.registry import Registry
from plugins.authoring.settings import PydanticSettings
from plugins.checking.findings import Finding, Level
from plugins.checking.lifespans import LifespanTrials
from plugins.checking.loading import CheckedPlugin, load_for_check
from plugins.checking.previews import try_preview
from plugins.checking.samples import read_samples
from plugins.checking.settings import CheckSettings, check_settings
from plugins.checking.source import read_source
from plugins.checking.stage import context_with
from plugins.checking.trials import Trials
from plugins.host.candidates import Candidate
from puerto import PluginContext, Preview, ToolContext, ToolFailed, hookimpl, tool


class Inner(BaseModel):
    passphrase: str | None = Field(None, description="What opens it.")


class CrmSettings(BaseModel):
    url: str
    token: SecretStr = Field(description="From the CRM.")
    api_key: str = Field("", description="The old one.")
    max_tokens: int = Field(5, description="At most.")
    token_url: str = Field("", description="Where tokens come from.")
    inner: Inner = Field(Inner(), description="The rest.")


class Plugin:
    """A plugin that does what it is given."""

    def __init__(self, register: Callable[[Registry], None], **more: Any) -> None:
        self.register = register
        self.__dict__.update(more)

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        self.register(registry)

    def loaded(self) -> CheckedPlugin:
        return load_for_check(Candidate("mine", lambda: self, module=__name__), [], 5)


def tried(register: Callable[[Registry], None], **more: Any) -> list[Finding]:
    """Return what is found when all that a plugin has is run."""
    plugin = Plugin(register, **more)
    loaded = plugin.loaded()
    assert loaded.offer is not None
    samples, wrong = read_samples(plugin, loaded.offer.tools)
    return wrong + Trials(loaded, []).run(samples)


def told(findings: list[Finding]) -> list[tuple[Level, str, str]]:
    return [(each.level, each.rule, each.message) for each in findings]


def test_fields_of_settings() -> None:
    found = list(check_settings(PydanticSettings("crm", CrmSettings)))
    assert [(each.level, each.subject) for each in found] == [
        (Level.NOTE, "url"),
        (Level.WARNING, "api_key"),
        (Level.WARNING, "inner.passphrase"),
    ]
    assert {(each.rule, each.place.file) for each in found} == {("settings", __file__)}
    lines = Path(__file__).read_text().splitlines()
    assert lines[found[1].place.line - 1].strip().startswith("api_key:")
    assert list(check_settings(None)) == []


def test_settings_of_trials_are_canaries_and_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    form, settings = PydanticSettings("crm", CrmSettings), CheckSettings()
    assert list(settings.fill(form, object())) == []
    assert isinstance(settings.current, CrmSettings)
    token = settings.current.token.get_secret_value()
    assert (settings.current.url, token[:7]) == ("example", "canary-")
    assert settings.secrets["token"] == token
    monkeypatch.setenv("CRM_URL", "https://crm.example")
    monkeypatch.setenv("CRM_TOKEN", "a real one")
    list(settings.fill(form, object()))
    assert settings.current.url == "https://crm.example"
    assert settings.secrets["token"].startswith("canary-")


class OddSettings(BaseModel):
    code: str = Field(pattern="^[0-9]{4}$", description="Four digits.")


def test_settings_that_no_example_fits_are_given_by_the_author() -> None:
    form, settings = PydanticSettings("crm", OddSettings), CheckSettings()
    [finding] = settings.fill(form, object())
    assert (finding.level, "no example fits code" in finding.message) == (Level.NOTE, True)
    plugin = Plugin(lambda _: None, PUERTO_CHECK_SETTINGS={"code": "1234"})
    assert list(settings.fill(form, plugin)) == []
    assert settings.current == OddSettings(code="1234")
    wrong = Plugin(lambda _: None, PUERTO_CHECK_SETTINGS=["code"])
    assert [each.rule for each in settings.fill(form, wrong)] == ["sample", "trial"]


@tool(effect="read")
async def leak(context: ToolContext) -> str:
    """Give the token away."""
    return context.settings(CrmSettings).token.get_secret_value()


@tool(effect="read")
async def use(context: ToolContext) -> str:
    """Use the settings."""
    return context.settings(CrmSettings).url


def test_a_secret_setting_does_not_leak() -> None:
    def register(registry: Registry) -> None:
        registry.use_settings(CrmSettings)
        registry.add_tools(leak, use)

    [found] = tried(register)
    assert (found.rule, found.subject) == ("secret", "leak")
    assert found.message == "its result holds the value of MINE_TOKEN"


ERRORS = """
from puerto import ToolFailed
import puerto

def mine(names, more):
    raise ToolFailed("No.", code="locked")
    raise puerto.ToolFailed("No.", code="CONSENT_DENIED")
    raise ToolFailed("No.", details=["a"])
    raise ToolFailed("No.", details={"a": lambda: 1})
    raise ToolFailed("No.", code="LOCKED", details={"a": [1], **more}, retryable=True)
    raise ToolFailed("No.", code=names, details=more)
"""


def test_errors_that_are_not_kept_are_found_in_the_source(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ERRORS)
    found = read_source(tmp_path / "mine.py")
    assert [(each.level, each.rule, each.place.line) for each in found] == [
        (Level.ERROR, "details", line) for line in (6, 7, 8, 9)
    ]


@tool(effect="read")
async def refuse() -> str:
    """Fail with what is not kept."""
    raise ToolFailed("No.", code="no", details={"who": object()})


@tool(effect="read")
async def refuse_at_length() -> str:
    """Fail with too much."""
    raise ToolFailed("No.", details={"who": "x" * 30_000})


@tool(effect="read")
async def refuse_well() -> str:
    """Fail as it should be."""
    raise ToolFailed("No.", code="LOCKED", details={"note": "by ada"})


@tool(effect="read")
async def give_all() -> list[str]:
    """Give more than is kept."""
    return ["x" * 1_000_000] * 20


def test_errors_and_results_that_are_not_kept_are_found_in_trials() -> None:
    found = tried(
        lambda registry: registry.add_tools(refuse, refuse_at_length, refuse_well, give_all)
    )
    assert [(each.level, each.rule, each.subject) for each in found] == [
        (Level.ERROR, "details", "refuse"),
        (Level.WARNING, "details", "refuse"),
        (Level.WARNING, "result", "refuse"),
        (Level.ERROR, "details", "refuse_at_length"),
        (Level.WARNING, "result", "refuse_at_length"),
        (Level.WARNING, "result", "refuse_well"),
        (Level.ERROR, "result", "give_all"),
    ]
    assert "result was not kept" in found[-1].message


@asynccontextmanager
async def fine() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def never_starts() -> AsyncIterator[None]:
    await asyncio.Event().wait()
    yield


@asynccontextmanager
async def never_ends() -> AsyncIterator[None]:
    yield
    await asyncio.Event().wait()


@asynccontextmanager
async def breaks() -> AsyncIterator[None]:
    await fails()
    yield


@asynccontextmanager
async def moves() -> AsyncIterator[None]:
    os.chdir("/")
    yield


@pytest.mark.parametrize(
    ("lifespan", "expected"),
    [
        (fine, []),
        (never_starts, [(Level.ERROR, "lifespan", "it did not start within 0.05 s")]),
        (never_ends, [(Level.ERROR, "lifespan", "it did not end within 0.05 s")]),
        (breaks, [(Level.WARNING, "lifespan", "it could not start: KeyError: 'nothing'")]),
        (
            moves,
            [(Level.WARNING, "process", "when it runs, the working folder was changed to /")],
        ),
    ],
)
async def test_lifespans(lifespan: Any, expected: list[tuple[Level, str, str]]) -> None:
    loaded = Plugin(lambda registry: registry.add_lifespan(lifespan)).loaded()
    trials = LifespanTrials(loaded, [], 0.05)
    found = [*await trials.enter(), *await trials.leave()]
    assert told(found) == expected
    places = {(each.place.file, each.place.line) for each in found}
    code = lifespan.__wrapped__.__code__
    assert places <= {(__file__, code.co_firstlineno)}


def test_a_lifespan_has_the_settings_and_does_not_log_them() -> None:
    @asynccontextmanager
    async def opened(context: PluginContext) -> AsyncIterator[None]:
        token = context.settings(CrmSettings).token.get_secret_value()
        logging.getLogger("mine").info("with %s", token)
        yield

    def register(registry: Registry) -> None:
        registry.use_settings(CrmSettings)
        registry.add_lifespan(opened)

    [found] = tried(register)
    assert (found.rule, found.message) == ("secret", "it logs the value of MINE_TOKEN")


def test_tools_are_tried_within_the_lifespans() -> None:
    pool: list[str] = []

    @asynccontextmanager
    async def connected() -> AsyncIterator[None]:
        pool.append("a connection")
        yield
        pool.clear()

    @tool(effect="read")
    async def look() -> str:
        """Look through the pool."""
        return pool[0]

    def register(registry: Registry) -> None:
        registry.add_lifespan(connected)
        registry.add_tools(look)

    assert tried(register) == []
    assert pool == []


async def quick(number: int, context: ToolContext) -> Preview:
    with suppress(ToolFailed):
        await context.http.get("https://desk.example/")
    return Preview(f"Closes {number}, {await context.storage.get('a')}")


async def slow() -> str:
    await asyncio.Event().wait()
    return ""


async def acts(context: ToolContext) -> str:
    await context.storage.set("a", 1)
    await context.user_storage.delete("b")
    with suppress(ToolFailed):
        await context.http.post("https://desk.example/")
    return "Closes it"


async def fails() -> str:
    return dict[str, str]()["nothing"]


async def number_only() -> Any:
    return 5


async def connects(context: ToolContext) -> str:
    return str(await context.http.get("https://desk.example/"))


@pytest.mark.parametrize(
    ("preview", "expected"),
    [
        (quick, []),
        (slow, ["the preview takes more than 0.05 s: people are asked without it"]),
        (
            acts,
            [
                "the preview acts: it stores 'a'",
                "the preview acts: it deletes 'b'",
                "the preview acts: it sends POST https://desk.example/",
            ],
        ),
        (fails, ["the preview failed: KeyError: 'nothing'"]),
        (
            number_only,
            ["the preview failed: TypeError: a preview is a Preview or a text, not a int"],
        ),
        (connects, ["its preview was tried only until it asked the network, which is off here"]),
    ],
)
async def test_previews(preview: Any, expected: list[str]) -> None:
    @tool(effect="destructive", preview=preview)
    async def close(number: int) -> None:
        """Close a ticket."""
        raise AssertionError(f"{number} was closed")

    loaded = Plugin(lambda registry: registry.add_tools(close)).loaded()
    assert loaded.offer is not None
    context = context_with({}, NoHttpClient())
    found = await try_preview(loaded.offer.tools["close"], {"number": 7}, context, [], 0.05)
    assert [each.message for each in found] == expected
    code = preview.__code__
    assert {each.place.line for each in found} <= {code.co_firstlineno}


def test_previews_of_what_acts_are_tried_with_samples() -> None:
    @tool(effect="destructive", preview=acts)
    async def close() -> None:
        """Close the ticket."""
        raise AssertionError("it was closed")

    found = tried(lambda registry: registry.add_tools(close))
    assert [each.rule for each in found] == ["trial", *["preview"] * 3]
