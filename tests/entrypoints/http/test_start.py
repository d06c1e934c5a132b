"""What stops the start, and what the log says of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from entrypoints.server.start import log_start, require_answerers
from entrypoints.settings.loading import SettingsError, load_settings
from entrypoints.wiring.container import build
from tests.entrypoints.http.conftest import Install
from tests.support.log_lines import log_lines, with_words


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PUERTO_PROVIDER": "openai"}, "PUERTO_PROVIDER cannot be used.*OPENAI_API_KEY"),
        ({"PUERTO_PROVIDER": "google"}, "PUERTO_PROVIDER cannot be used.*GEMINI_API_KEY"),
        ({"PUERTO_PROVIDER": "scripted"}, "PUERTO_PROVIDER cannot be used.*PUERTO_CASSETTE"),
        ({"PUERTO_FALLBACKS": "offline,anthropic"}, "PUERTO_FALLBACKS.*ANTHROPIC_API_KEY"),
    ],
)
def test_who_is_to_answer_and_cannot_stops_the_start(
    variables: dict[str, str], words: str, tmp_path: Path
) -> None:
    settings = load_settings({"PUERTO_DATA_DIR": str(tmp_path), **variables}, None)
    with pytest.raises(SettingsError, match=words):
        require_answerers(settings, build(settings).models().providers)


def test_a_cassette_that_cannot_be_played_stops_the_start(tmp_path: Path) -> None:
    bad = tmp_path / "tape.json"
    bad.write_text('[{"pieces": [{"txt": "391"}]}]')
    given = {"PUERTO_DATA_DIR": str(tmp_path), "PUERTO_CASSETTE": str(bad)}
    settings = load_settings(given, None)
    with pytest.raises(SettingsError, match=r"PUERTO_CASSETTE cannot be used: .*tape.json"):
        require_answerers(settings, build(settings).models().providers)


async def test_the_start_names_a_proxy_that_cannot_be_used(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9/")
    async with install() as installation:
        with log_lines() as lines:
            await log_start(installation.services, "http://127.0.0.1:8000")
    assert with_words(lines, " WARNING ", "the variable ALL_PROXY", "socks://")


async def test_the_start_says_on_what_and_with_what(install: Install) -> None:
    given = {
        "API_HOST": "0.0.0.0",
        "PINECONE_API_KEY": "pc-123456789",
        "OPENAI_MODEL": "gpt-5",
    }
    async with install(**given) as installation:
        with log_lines() as lines:
            await log_start(installation.services, "http://0.0.0.0:8000")
        shown = installation.services.settings.database.shown
    (start,) = with_words(lines, " INFO ")
    for words in (
        "address http://0.0.0.0:8000",
        f"database {shown}",
        "provider scripted cassette",
        "autonomy semi",
        "registration closed",
        "plugins ",
    ):
        assert words in start
    warned = with_words(lines, " WARNING ")
    assert with_words(warned, "PUERTO_REGISTRATION=open")
    for name in ("PINECONE_API_KEY", "OPENAI_MODEL"):
        assert len(with_words(warned, f"{name} does nothing")) == 1
    assert not with_words(lines, "pc-123456789")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:hush@db:5433/shop?sslmode=require", "postgresql://ann@db:5433/shop"),
        ("postgres://db/shop?password=hush", "postgresql://db/shop"),
        ("sqlite:///srv/puerto.db", "sqlite:///srv/puerto.db"),
    ],
)
def test_the_database_is_shown_without_its_password(url: str, shown: str) -> None:
    assert load_settings({"DATABASE_URL": url}, None).database.shown == shown


async def test_a_stored_provider_that_lost_its_key_is_named(install: Install) -> None:
    async with install() as installation:
        await installation.services.configurations.change(
            lambda known: replace(known, provider="google")
        )
        with log_lines() as lines:
            await log_start(installation.services, "http://127.0.0.1:8000")
    assert with_words(lines, " WARNING ", "the provider google", "not configured")
