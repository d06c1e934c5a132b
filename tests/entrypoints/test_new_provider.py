"""What a new provider takes: a folder with a record, and its line in the list."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.entrypoints.cli.processes import without_settings

ROOT: Final = Path(__file__).parents[2]

FOLDER: Final = '''
"""Acme's models: OpenAI's chat completions at another address."""

from adapters.llm.provider_record import HttpApi, ProviderOptions, ProviderRecord
from domain.models.ports import ChatModel


def _make(options: ProviderOptions) -> ChatModel:
    from adapters.llm.openai.chat import OpenAIChat

    return OpenAIChat(provider="acme", **options.connection)


PROVIDER = ProviderRecord(
    name="acme",
    title="Acme",
    default_model="roadrunner-1",
    make=_make,
    api=HttpApi(
        sdk="openai",
        keys=("ACME_API_KEY",),
        address="http://127.0.0.1:9/v1",
        address_variable="ACME_BASE_URL",
        servers="another server that speaks the Acme API",
        model_variable="ACME_MODEL",
    ),
)
'''

FACES: Final = """
import json, os, runpy, sys
from adapters.llm import providers
import acme
providers.PROVIDERS = (*providers.PROVIDERS, acme.PROVIDER)  # its line in the list

from entrypoints.cli import app
from entrypoints.settings.loading import SettingsError, load_settings
from entrypoints.settings.unused import unused_settings
from entrypoints.wiring.container import build
from typer.testing import CliRunner

def refusal(**given):
    try:
        load_settings(given, None)
    except SettingsError as error:
        return str(error)

found = CliRunner().invoke(app, ["doctor", "--json"])
sys.path.insert(0, os.path.dirname(sys.argv[1]))  # as for a script
pages = runpy.run_path(sys.argv[1])
unset = build(load_settings({"ACME_MODEL": "x"}, None))
print(json.dumps({
    "doctor": {one["subject"]: [one["state"], one["detail"]] for one in json.loads(found.stdout)},
    "chosen": load_settings({"ACME_API_KEY": "k"}, None).chosen_provider,
    "named": load_settings({"PUERTO_PROVIDER": "acme"}, None).chosen_provider,
    "fallback": load_settings({"PUERTO_FALLBACKS": "acme:big"}, None).fallbacks[0].provider,
    "refused": refusal(PUERTO_PROVIDER="ajax"),
    "unused": dict(unused_settings(unset.settings(), ())),
    "state": unset.models().providers.states()["acme"],
    "default": unset.models().providers.default_model("acme"),
    "providers": pages["providers_page"](),
    "settings": pages["settings_page"](),
}))
"""


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each face says in a process that has the provider."""
    folder = tmp_path_factory.mktemp("acme")
    (folder / "acme").mkdir()
    (folder / "acme" / "__init__.py").write_text(FOLDER)
    others = without_settings(os.environ)
    environment = {name: text for name, text in os.environ.items() if name not in others} | {
        "ACME_API_KEY": "sk-acme",
        "PUERTO_DATA_DIR": str(folder / "data"),
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
    }
    done = subprocess.run(
        [sys.executable, "-c", FACES, str(ROOT / "docs" / "generate.py")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_the_settings_take_its_name_and_choose_it_for_its_key(faces: dict[str, Any]) -> None:
    assert faces["chosen"] == faces["named"] == faces["fallback"] == "acme"
    assert "'acme'" in faces["refused"]
    assert faces["unused"]["ACME_MODEL"] == "ACME_API_KEY is not set"


def test_the_registry_has_it(faces: dict[str, Any]) -> None:
    assert (faces["state"], faces["default"]) == ("not configured", "x")


def test_the_doctor_looks_for_it(faces: dict[str, Any]) -> None:
    assert faces["doctor"]["ACME_API_KEY"] == ["ok", "set"]
    state, detail = faces["doctor"]["provider acme"]
    assert state == "broken"
    assert detail.startswith("ready, chosen by the settings; 127.0.0.1:9 does not answer")


def test_the_documents_have_it(faces: dict[str, Any]) -> None:
    (row,) = [row for row in faces["providers"].splitlines() if row.startswith("| `acme`: Acme |")]
    for part in ("`ACME_API_KEY`", "`roadrunner-1`", "`ACME_BASE_URL`, `ACME_MODEL`", "`openai`"):
        assert part in row
    assert "| `ACME_API_KEY` |  | Key of the Acme API. |" in faces["settings"]
    assert "| `PUERTO_ACME_SILENCE_SECONDS` |" in faces["settings"]
