"""``puerto doctor``."""

import json
import socket
import threading
from pathlib import Path

import pytest

from tests.adapters.llm.wire.openai import OpenAIWireServer
from tests.entrypoints.cli.conftest import Command
from tests.support.identity_provider import ProviderApp
from tests.support.web_server import serving


def findings(puerto: Command) -> tuple[int, dict[str, tuple[str, str]]]:
    result = puerto("doctor", "--json")
    found = json.loads(result.stdout)
    return result.exit_code, {one["subject"]: (one["state"], one["detail"]) for one in found}


@pytest.mark.usefixtures("nothing_yet")
def test_a_fresh_installation_is_well_and_left_alone(puerto: Command, tmp_path: Path) -> None:
    status, found = findings(puerto)
    assert status == 0
    assert found["database"][0] == "note"
    assert found["provider offline"] == ("ok", "ready, chosen by the settings")
    assert found["plugin basics"][0] == "ok"
    assert not (tmp_path / "data").exists()


def test_a_used_installation(puerto: Command) -> None:
    assert puerto("user", "list").exit_code == 0
    assert puerto("ask", "What is 2 + 2?").exit_code == 0
    status, found = findings(puerto)
    assert status == 0
    assert found["database"][0] == "ok"
    assert found["configuration"][1] == "offline with its default model, autonomy semi, 0 rules"
    assert found["users"] == ("ok", "1")
    assert found["workers"] == ("ok", "none runs now")
    assert found["registration"][1].startswith("open")
    assert found["disk"][0] == "ok"
    assert found["data folder"][1].endswith("(mode 0700)")
    table = puerto("doctor")
    assert table.exit_code == 0
    header, *rows = table.stdout.splitlines()
    assert header.split() == ["STATE", "WHAT", "FOUND"]
    assert len(rows) == len(found)
    assert {line.split()[0] for line in rows} == {"ok"}


def test_open_folders_and_damaged_secrets(puerto: Command, tmp_path: Path) -> None:
    secrets = tmp_path / "data" / "secrets"
    secrets.mkdir(parents=True)
    (tmp_path / "data").chmod(0o755)
    (secrets / "jwt_secret").write_text("short")
    (secrets / "jwt_secret").chmod(0o600)
    status, found = findings(puerto)
    assert status == 1
    assert found["data folder"][0] == "note"
    assert "chmod 700" in found["data folder"][1]
    assert found["JWT_SECRET"][0] == "broken"


def test_what_is_stored_is_told(puerto: Command) -> None:
    assert puerto("plugin", "disable", "basics").exit_code == 0
    _, found = findings(puerto)
    assert found["switch of plugin basics"] == ("note", "switched off")


def test_each_setting_is_told_and_no_secret(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-4f9a6c1be27d"
    monkeypatch.setenv("OPENAI_API_KEY", secret)
    monkeypatch.setenv("PUERTO_OPEN_HOSTS", "10.0.0.5:8080, intranet.example")
    _, found = findings(puerto)
    assert found["OPENAI_API_KEY"] == ("ok", "set")
    assert found["PUERTO_OPEN_HOSTS"] == ("ok", "10.0.0.5:8080, intranet.example")
    assert "ANTHROPIC_API_KEY" in found["not set"][1]
    assert "PUERTO_OPEN_HOSTS" not in found["not set"][1]
    assert secret not in str(found)


def test_a_wrong_setting_is_a_finding(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "eighty")
    status, found = findings(puerto)
    assert status == 1
    assert found["settings"][0] == "broken"
    assert found["settings"][1].startswith("API_PORT ")


def test_a_database_out_of_reach(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:hush@127.0.0.1:1/shop")
    status, found = findings(puerto)
    assert status == 1
    assert found["database"][0] == "broken"
    assert found["database"][1].startswith("127.0.0.1/shop: ")
    assert "hush" not in str(found)


def test_providers_by_need(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_PROVIDER", "openai")
    status, found = findings(puerto)
    assert (status, found["provider openai"]) == (
        1,
        (
            "broken",
            "not configured: OPENAI_API_KEY is not set, chosen by the settings",
        ),
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://{place}/v1")
        status, found = findings(puerto)
        assert status == 0
        assert found["provider openai"] == (
            "ok",
            f"ready, chosen by the settings; {place} answers",
        )
    status, found = findings(puerto)
    assert (status, found["provider openai"][0]) == (1, "broken")
    monkeypatch.setenv("PUERTO_PROVIDER", "offline")
    status, found = findings(puerto)
    assert (status, found["provider openai"][0]) == (0, "note")


def asked(puerto: Command, *arguments: str) -> tuple[int, str]:
    result = puerto("doctor", "--provider", *arguments)
    assert len(result.stdout.splitlines()) == 2  # below its header
    return result.exit_code, result.stdout


def test_one_real_question(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-4f9a6c1be27d"
    with OpenAIWireServer() as wire:
        monkeypatch.setenv("OPENAI_BASE_URL", wire.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", key)
        status, said = asked(puerto, "openai", "--model", "text")
        assert status == 0
        assert "'The answer is forty-two.'" in said
        assert "21 tokens in, 9 out" in said
        for model, words in [
            ("status-401", "Make a new key"),
            ("status-404", "another name with --model"),
            ("status-429", "limits and the balance"),
            ("html", "no such API"),
            ("truncated", "cuts connections"),
        ]:
            status, said = asked(puerto, "openai", "--model", model)
            assert status == 1
            assert words in said
            assert key not in said
    assert "cannot be reached" in asked(puerto, "openai", "--model", "text")[1]
    assert "ANTHROPIC_API_KEY" in asked(puerto, "anthropic")[1]
    assert "no provider nobody" in asked(puerto, "nobody")[1]
    assert asked(puerto, "offline")[0] == 0


def test_what_is_set_for_nothing(
    puerto: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cassette.json").write_text("[]")
    monkeypatch.setenv("PUERTO_CASSETTE", str(tmp_path / "cassette.json"))
    monkeypatch.setenv("PUERTO_PROVIDER", "offline")
    monkeypatch.setenv("PINECONE_API_KEY", "pc-123456789")
    status, found = findings(puerto)
    assert status == 0
    assert found["PUERTO_CASSETTE"] == ("note", "set, but unused: offline answers")
    assert found["PINECONE_API_KEY"][0] == "note"
    assert "pc-123456789" not in str(found)


def test_a_blocked_plugin_says_so(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUERTO_PLUGINS_BLOCKED", "basics")
    status, found = findings(puerto)
    assert (status, found["plugin basics"]) == (0, ("note", "blocked; blocked by the operator"))


MODELS = """
from puerto import hookimpl
from puerto.models import Stop, Text


class Parrot:
    provider = "parrot"

    async def stream(self, request):
        if request.model == "rude":
            raise KeyError("seed")
        yield Text("ready")
        if request.model != "endless":
            yield Stop()

    async def close(self):
        pass


@hookimpl
def puerto_register(registry):
    registry.add_chat_model("parrot", Parrot, default_model="grey")
"""


def test_it_knows_the_models_of_plugins_in_both_ways(
    puerto: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "cage.py").write_text(MODELS)
    monkeypatch.setenv("PUERTO_PLUGINS_FOLDER", str(tmp_path / "plugins"))
    assert findings(puerto)[1]["provider parrot"] == ("ok", "ready")
    status, said = asked(puerto, "parrot")
    assert (status, "grey answers 'ready'" in said) == (0, True)
    for model, words in (("rude", "KeyError: 'seed'"), ("endless", "its answer had no end")):
        status, said = asked(puerto, "parrot", "--model", model)
        assert (status, words in said) == (1, True)


def test_a_required_plugin_that_does_not_work_is_broken(
    puerto: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUERTO_PLUGINS_REQUIRED", "basics,rules")
    status, found = findings(puerto)
    told = ("broken", "the required plugin rules is not there")
    assert (status, found["PUERTO_PLUGINS_REQUIRED"]) == (1, told)


def test_a_plugin_that_loops_in_its_import_is_ended(
    puerto: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "looper.py").write_text("while True:\n    pass\n")
    monkeypatch.setenv("PUERTO_PLUGINS_FOLDER", str(tmp_path / "plugins"))
    monkeypatch.setenv("PUERTO_PLUGIN_SECONDS", "1")
    before = {thread.ident for thread in threading.enumerate()}
    status, found = findings(puerto)
    told = "quarantined; its import took longer than 1 seconds"
    assert (status, found["plugin looper"]) == (0, ("note", told))
    left = [thread for thread in threading.enumerate() if thread.ident not in before]
    assert not any(thread.name == "puerto plugin" for thread in left)


def test_the_identity_provider_is_tried(puerto: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = ProviderApp()
    monkeypatch.setenv("OIDC_AUDIENCE", "puerto")
    assert findings(puerto)[1]["OIDC_AUDIENCE"] == (
        "note",
        "set, but unused: OIDC_ISSUER is not set",
    )
    monkeypatch.setenv("PUERTO_OPEN_HOSTS", "127.0.0.1")
    with serving(provider) as server:
        provider.url = server.url
        monkeypatch.setenv("OIDC_ISSUER", server.url)
        status, found = findings(puerto)
        told = f"{server.url} answers, 1 keys; its tokens are taken"
        assert (status, found["identity provider"]) == (0, ("ok", told))
        monkeypatch.setenv("OIDC_CLIENT_ID", "puerto")
        monkeypatch.setenv("OIDC_CLIENT_SECRET", "s-4f9a6c1be27d")
        monkeypatch.setenv("API_HOST", "0.0.0.0")
        provider.configuration = {"issuer": "https://elsewhere.example"}
        status, found = findings(puerto)
        assert (status, found["identity provider"][0]) == (1, "broken")
        assert "another issuer" in found["identity provider"][1]
        assert found["PUERTO_PUBLIC_URL"][0] == "note"
        assert "s-4f9a6c1be27d" not in str(found)
