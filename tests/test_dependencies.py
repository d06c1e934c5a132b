"""Each dependency has its reason in writing, and the reasons are true."""

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.pages import ROOT

PAGE = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ROOMS = ("puerto", "domain", "adapters", "plugins", "entrypoints")
EXTRAS = PROJECT["optional-dependencies"]
# These have no majors that break: the year of the data, and a line that is held by hand.
WITHOUT_MAJORS = {"quart", "tzdata"}
NOT_IMPORTED = {"tzdata"}  # the standard library's zoneinfo finds it
BROUGHT = {  # imported as a part of what brings it, in versions that fit
    "azure-core": "azure-identity",
    "azure-mgmt-core": "azure-mgmt-compute",
    "botocore": "boto3",
    "google-api-core": "google-cloud-compute",
    "googleapis-common-protos": "google-cloud-compute",
    "hypercorn": "quart",
    "jsonschema": "openapi-spec-validator",
    "jsonschema-path": "openapi-spec-validator",
    "openapi-schema-validator": "openapi-spec-validator",
    "opentelemetry-api": "opentelemetry-sdk",  # these share one namespace, like Google's
    "opentelemetry-exporter-http-transport": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-exporter-otlp-common": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-exporter-otlp-proto-common": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-instrumentation": "opentelemetry-util-genai",
    "opentelemetry-proto": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-semantic-conventions": "opentelemetry-sdk",
    "protobuf": "google-cloud-compute",
    "pydantic-core": "pydantic",
    "referencing": "openapi-spec-validator",
    "rich": "typer",
    "werkzeug": "quart",
}


def listed(title: str) -> list[str]:
    """Return the packages in the table under a title."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \| \w", section, re.MULTILINE)


def required(requirements: list[str]) -> list[str]:
    """Return the names in a list of requirements."""
    return [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements]


def imported() -> set[str]:
    """Return the distributions that the code imports, as `pyproject.toml` spells them."""
    owners = packages_distributions()
    modules = {name for path in sources() for name in imports_of(path)}
    found = {owner for module in modules for owner in owners.get(module, ())}
    return {re.sub(r"[-_.]+", "-", owner).lower() for owner in found}


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from (ROOT / room).rglob("*.py")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_every_dependency_has_its_line_and_no_line_is_stale() -> None:
    assert sorted(listed("In use")) == sorted(required(PROJECT["dependencies"]))
    extras = dict(PROJECT["optional-dependencies"])
    developing = set(required(extras.pop("dev"))) - {PROJECT["name"]}  # which is all its extras
    assert sorted(listed("For development")) == sorted(developing)
    assert sorted(listed("Extras")) == sorted(
        required([each for some in extras.values() for each in some])
    )


def test_what_is_said_to_be_in_use_is() -> None:
    assert {*listed("In use"), *listed("Extras")} - NOT_IMPORTED <= imported()


def test_what_is_imported_is_listed_or_a_part_of_what_is() -> None:
    known = {PROJECT["name"], *listed("In use"), *listed("Extras")}
    known.add("pytest")  # by the kit for authors of plugins, who have it
    others = imported() - known
    assert others == set(BROUGHT)
    assert set(BROUGHT.values()) <= known


def test_what_is_written_by_hand_is_there_and_says_why() -> None:
    section = PAGE.partition("\n## Written by hand, and why\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (`.+?) \| (.+?) \| (.+) \|$", section, re.MULTILINE)
    places = [place for code, _, _ in rows for place in re.findall(r"`([^`]+)`", code)]
    assert len(rows) >= 20
    assert len(places) == len(set(places))
    assert [place for place in places if not (ROOT / place).exists()] == []
    assert all(looked_at.strip() and why.endswith(".") for _, looked_at, why in rows)


def locked(file: str) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    pins = re.findall(r"^([\w.-]+)==([^ ]+)", (ROOT / file).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def developing() -> list[Requirement]:
    return [Requirement(each) for extra in EXTRAS.values() for each in extra]


@pytest.mark.parametrize(
    ("file", "requirements"),
    [
        ("requirements.lock", [Requirement(each) for each in PROJECT["dependencies"]]),
        ("requirements-dev.lock", developing()),
    ],
    ids=["run", "dev"],
)
def test_what_the_lock_installs_is_what_the_project_asks_for(
    file: str, requirements: Sequence[Requirement]
) -> None:
    pins = locked(file)
    for needed in requirements:
        if needed.name != PROJECT["name"]:
            assert needed.specifier.contains(pins[canonicalize_name(needed.name)]), needed


def test_what_is_developed_with_is_what_is_run() -> None:
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert run.items() <= dev.items()


def test_every_locked_version_has_digests() -> None:
    for file in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / file).read_text()
        assert len(re.findall(r"== ?[^ ]+(?: ;.*)? \\\n    --hash=sha256:", text)) == len(
            locked(file)
        )


def test_every_range_ends_before_the_next_major() -> None:
    for needed in (*(Requirement(each) for each in PROJECT["dependencies"]), *developing()):
        if needed.name not in {PROJECT["name"], *WITHOUT_MAJORS}:
            assert "<" in {each.operator for each in needed.specifier}, needed
