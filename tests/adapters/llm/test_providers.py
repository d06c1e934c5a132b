"""The records of the providers: each is whole, and costs nothing until its model is asked."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from adapters.llm import offline, providers
from adapters.llm.prices import OURS
from adapters.llm.provider_record import ProviderConnection, ProviderOptions, ProviderRecord
from adapters.llm.providers import PROVIDERS
from domain.configuration.configuration import Configuration

ROOT = Path(__file__).parents[3]

CONNECTION = ProviderConnection(
    api_key="k", base_url="http://127.0.0.1:9/v1", read_timeout=60, total_timeout=600
)
by_name = pytest.mark.parametrize("record", PROVIDERS, ids=lambda record: record.name)


def options(record: ProviderRecord, dialect: str, file: Path) -> ProviderOptions:
    return ProviderOptions(
        model=record.default_model, connection=CONNECTION, dialect=dialect, file=file
    )


def test_every_folder_of_a_provider_is_in_the_list() -> None:
    folders = Path(str(providers.__file__)).parent.glob("*/__init__.py")
    exporting = [each.parent.name for each in folders if "PROVIDER: Final" in each.read_text()]
    assert sorted(exporting) == sorted(record.name for record in PROVIDERS)


@by_name
def test_a_model_is_made_in_every_dialect(record: ProviderRecord, tmp_path: Path) -> None:
    file = tmp_path / "cassette.json"
    file.write_text("[]")
    dialects = record.api.dialects if record.api else ()
    made = [record.make(options(record, each, file)) for each in dialects or ("",)]
    assert {model.provider for model in made} == {record.name}
    assert len({type(model) for model in made}) == len(made)


MAKE_ALL = """
import sys
from pathlib import Path
from adapters.llm.provider_record import ProviderOptions
from adapters.llm.providers import PROVIDERS
models = [name for name in sys.modules if name.startswith("adapters.llm.offline.")]
connection = {"api_key": "k", "base_url": "http://x", "read_timeout": 1, "total_timeout": 1}
for record in PROVIDERS:
    for dialect in (record.api.dialects if record.api else ()) or ("",):
        options = ProviderOptions(
            model="", connection=connection, dialect=dialect, file=Path(sys.argv[1])
        )
        record.make(options)
print(*models, *{"openai", "anthropic", "google.genai", "httpx2"} & sys.modules.keys())
"""


def test_no_sdk_is_imported_before_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "cassette.json"
    file.write_text("[]")
    done = subprocess.run(
        [sys.executable, "-c", MAKE_ALL, file], check=True, stdout=subprocess.PIPE
    )
    assert done.stdout.split() == []


def test_rules_for_tools_bear_the_name_of_their_provider() -> None:
    for record in PROVIDERS:
        for target in record.schema_rules():
            assert re.fullmatch(rf"{record.name}(-[a-z]+)?", target.name)


def test_the_sdks_are_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^\w-]", each)[0] for each in project["dependencies"]}
    assert {record.api.sdk for record in PROVIDERS if record.api} <= names


def test_the_prices_are_of_providers_that_there_are() -> None:
    priced = tomllib.loads(OURS.read_text())
    assert set(priced) <= {record.name for record in PROVIDERS}


def test_a_secret_does_not_show() -> None:
    assert "api_key" not in repr(options(offline.PROVIDER, "", ROOT))


def test_who_answers_unless_something_else_is_configured_needs_nothing() -> None:
    (record,) = (each for each in PROVIDERS if each.name == Configuration().provider)
    assert record.needs == ()
