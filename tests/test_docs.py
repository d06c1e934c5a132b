"""The documentation says what is so: its links lead somewhere, its lists are the code's."""

import json
import re
import runpy
import tomllib
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import get_args
from urllib.parse import unquote

import pytest
from typer.main import get_command

from adapters.llm.scripted.cassette import load
from adapters.security import tokens
from domain.shared.error_codes import Refusal
from domain.shared.errors import ProviderReason
from entrypoints.cli import app
from entrypoints.http.openapi import events as event_models
from entrypoints.http.routes.chat import ChatRequest
from entrypoints.http.routes.consents import ConsentAnswer
from entrypoints.http.routes.policy import PolicyBody
from entrypoints.http.streaming import frames
from entrypoints.settings.loading import load_settings
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import variables
from plugins.authoring.hookspecs import SUCCESSORS
from plugins.authoring.registry import Registry
from plugins.host.host import PluginHost, PluginState
from tests.support.doc_figures import (
    ARCHITECTURE,
    CLOUDS,
    CONSENT,
    EVENTS,
    FIGURES,
    MODEL,
    PLUGIN,
    PROXY,
)
from tests.support.pages import EXAMPLE_PAGES, PAGES, README, ROOT, blocks_of, prose_of, titled

DOCS = ROOT / "docs"
PROMISES = DOCS / "explanation" / "promises.md"
VOCABULARY = DOCS / "explanation" / "vocabulary.md"
SETTINGS = {name for field in Settings.model_fields.values() for name in variables(field)}

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")


def section(page: Path, title: str) -> str:
    """Return what stands under a title of the second level."""
    found = page.read_text().partition(f"\n## {title}\n")[2]
    assert found, title
    return re.split(r"^## ", found, flags=re.MULTILINE)[0]


def table(text: str) -> dict[str, str]:
    """Return the first code of each row, by which the rest of the row is found."""
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|$", text, re.MULTILINE)
    assert rows
    return dict(rows)


def anchors(page: Path) -> set[str]:
    """Return the names that a page's titles have as targets of links."""
    titles = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {word.replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLE_PAGES], ids=titled)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


FOLDERS = "adapters|benchmarks|clients|domain|entrypoints|examples|plugins|puerto|tests"
SOURCES = {path.name for root in FOLDERS.split("|") for path in (ROOT / root).rglob("*.py")}
OF_TODAY = [page for page in PAGES if page.name != "CHANGELOG.md"]


@pytest.mark.parametrize("page", OF_TODAY, ids=titled)
def test_the_files_that_are_named_exist(page: Path) -> None:
    named = {code.partition("::")[0] for code in CODE.findall(prose_of(page))}
    paths = {name for name in named if re.fullmatch(rf"(?:{FOLDERS})/[\w/.-]+", name)}
    assert {path for path in paths if "NAME" not in path and not (ROOT / path).exists()} == set()
    assert {name for name in named if re.fullmatch(r"\w+\.py", name)} <= SOURCES


def test_the_index_names_every_page() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / link).resolve() for link in LINK.findall(index.read_text())}
    assert set(DOCS.rglob("*.md")) - {index} == linked


def test_the_generated_pages_are_not_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mend with: python docs/generate.py."""
    monkeypatch.syspath_prepend(DOCS)  # as for a script
    pages = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]
    assert pages
    for path, render in pages:
        assert path.read_text(encoding="utf-8") == render(), path


# What the Python client reads, where it runs.
OF_THE_CLIENT = {"PUERTO_API_KEY", "PUERTO_URL"}

# What a plugin says of itself.
NOT_SETTINGS = {"PUERTO_CHECK", "PUERTO_CHECK_SETTINGS", "PUERTO_HOOK_VERSION"}


@pytest.mark.parametrize("page", PAGES, ids=titled)
def test_the_settings_and_commands_that_are_named_exist(page: Path) -> None:
    code = CODE.findall(prose_of(page)) + [block.text for block in blocks_of(page)]
    named = {name for text in code for name in re.findall(r"\bPUERTO_[A-Z_]+", text)}
    assert named <= SETTINGS | NOT_SETTINGS | OF_THE_CLIENT
    commands = getattr(get_command(app), "commands")  # noqa: B009 - typer hides the click class
    typed = {word for text in code for word in re.findall(r"^(?:\S*/)?puerto ([a-z]+)", text)}
    assert typed <= set(commands)


def test_the_events_are_those_that_clients_see() -> None:
    told = {kind: row.split("|")[0] for kind, row in table(section(EVENTS, "Event types")).items()}
    union = get_args(event_models.RunEvents)[0]
    kinds = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(union)}
    assert set(told) == set(kinds)
    for name, kind in kinds.items():
        fields = set(re.findall(r"`(\w+)`", told[name]))
        assert fields == set(kind.model_fields) - {"type"}, name


def test_the_frames_are_those_that_are_read() -> None:
    told = table(section(EVENTS, "WebSocket"))
    kinds = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(frames.Frame)}
    assert set(told) == kinds


def test_the_codes_of_tools_are_those_that_are_recorded() -> None:
    told = table(section(EVENTS, "Tool errors"))
    assert {code: text.strip(" |") for code, text in told.items()} == {
        refusal: refusal.text for refusal in Refusal if not refusal.text.startswith("Of a run")
    }


def test_the_codes_of_runs_are_those_that_are_recorded() -> None:
    told = table(section(EVENTS, "Run errors"))
    assert {code: text.strip(" |") for code, text in told.items()} == {
        refusal: refusal.text for refusal in Refusal if refusal.text.startswith("Of a run")
    }


def test_the_reasons_of_providers_are_all_explained() -> None:
    assert set(table(section(MODEL, "What goes wrong"))) == set(ProviderReason)


def test_all_that_a_plugin_can_register_is_documented() -> None:
    page = (DOCS / "reference" / "hooks.md").read_text()
    taken = [name for name in vars(Registry) if not name.startswith("_")]
    assert re.findall(r"^### `registry\.(\w+)", page, re.MULTILINE) == taken
    assert set(re.findall(r"\| `(puerto_register_\w+)` \|", page)) == set(SUCCESSORS)
    told = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
    named = {
        "PluginContext",
        "Agent",
        "Alert",
        "Notice",
        "Proposal",
        "Veto",
        "Ask",
        "Deny",
        "LiveTools",
    }
    assert named <= told


def test_the_rooms_are_those_of_the_code() -> None:
    parts = re.split(r"^\*\*`(\w+)`\*\*", section(ARCHITECTURE, "The rooms"), flags=re.MULTILINE)
    tables = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(tables) == {"domain", "adapters", "plugins", "entrypoints"}
    for root, text in tables.items():
        rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
        told = {name for row in rows for name in CODE.findall(row)}
        folders = {path.parent.name for path in (ROOT / root).glob("*/__init__.py")}
        assert {name for name in told if not name.endswith(".py")} == folders, root


# Words of the vocabulary in backticks that are neither classes nor modules of Puerto's.
OTHER_NAMES = {"Protocol", "decide", "after_commit"}


def test_the_vocabulary_names_classes_and_modules_where_they_are() -> None:
    row = re.compile(r"^\| (.+?) \| (.+?) \| `([\w/]+)` \|$", re.MULTILINE)
    rows = row.findall(VOCABULARY.read_text())
    words = [word for word, _, _ in rows]
    assert len(rows) > 40
    assert words == sorted(set(words), key=str.lower)
    for word, meaning, package in rows:
        modules = list((ROOT / package).rglob("*.py"))
        assert modules, word
        defined = {module.stem for module in modules}.union(
            *(re.findall(r"^class (\w+)", each.read_text(), re.MULTILINE) for each in modules)
        )
        assert set(CODE.findall(meaning)) <= defined | OTHER_NAMES, word


def test_every_promise_names_tests_that_exist() -> None:
    named = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
    page = PROMISES.read_text()
    rows = [row for row in page.splitlines() if re.match(r"\| (?!promise )", row)]
    assert rows
    assert [row for row in rows if not named.search(row)] == []
    for path, name in named.findall(page):
        defined = rf"^(?:async )?def {name}\(|^{name} = "
        assert re.search(defined, (ROOT / path).read_text(), re.MULTILINE), f"{path}::{name}"


def test_the_settings_that_are_shown_are_good(tmp_path: Path) -> None:
    shown = [
        line.split("=", 1)
        for page in (MODEL, PROXY, DOCS / "how-to" / "run-on-postgresql.md")
        for block in blocks_of(page)
        if block.language == "text"
        for line in block.text.split()
    ]
    assert shown
    (tmp_path / "five.json").write_text("[]")
    for name, value in shown:
        offers = str(tmp_path / value) if name == "PUERTO_CASSETTE" else value
        load_settings({name: offers}, env_file=None)
        assert name in SETTINGS


def test_the_bodies_that_are_shown_are_taken() -> None:
    rules, answer = [block for block in blocks_of(CONSENT) if block.language == "json"]
    assert len(PolicyBody.model_validate_json(rules.text).read()) == 3
    assert ConsentAnswer.model_validate_json(answer.text).reply().approved


def test_the_cassette_that_is_shown_plays() -> None:
    message, block = (block for block in blocks_of(MODEL) if block.language == "json")
    assert ChatRequest.model_validate_json(message.text).sampling is not None
    assert len(load(json.loads(block.text))) == 2
    [error] = [code for code in CODE.findall(prose_of(MODEL)) if code.startswith('{"error"')]
    assert len(load([{"pieces": [json.loads(error)]}])) == 1


def test_a_token_dies_when_the_guide_to_clouds_says() -> None:
    assert "An access token dies after a day" in CLOUDS.read_text()
    assert timedelta(days=1) == tokens.LIFETIME


def test_what_is_said_to_be_missing_is() -> None:
    """The README's list of what is not there yet: no route, no setting and no hook of that."""
    not_yet = README.read_text().partition("\nNot yet:\n")[2].partition("\n## ")[0]
    named = re.findall(r"^- \*\*(.+?)\*\*", not_yet, re.MULTILINE)
    assert {"Images and files"} <= set(named)
    sources = "".join(path.read_text() for path in (ROOT / "entrypoints" / "http").rglob("*.py"))
    assert not re.search(r"\bmcp\b|/v1/chat", sources, re.IGNORECASE)


async def test_the_plugin_that_is_shown_is_one() -> None:
    code, package, *_ = blocks_of(PLUGIN)
    [module_name] = tomllib.loads(package.text)["project"]["entry-points"]["puerto"].values()
    module = ModuleType(module_name)
    exec(code.text, module.__dict__)  # the page's own code
    host = PluginHost()
    info = host.register(module, "capitals")
    assert (info.state, info.reason, info.tools) == (PluginState.ACTIVE, "", ("capital",))
    assert await module.capital("Peru") == "Lima"


@pytest.mark.parametrize(("page", "phrase"), FIGURES)
def test_the_figures_are_those_of_the_code(page: Path, phrase: str) -> None:
    assert phrase in " ".join(page.read_text().split())
