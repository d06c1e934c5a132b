"""Each dependency has its reason in writing, and the reasons are true."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.pages import ROOT

PAGE = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ROOMS = ("puerto", "domain", "adapters", "plugins", "entrypoints")
NOT_IMPORTED = {"tzdata"}  # the standard library's zoneinfo finds it


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
    lines = listed("In use") + listed("Fixed for coming work")
    assert sorted(lines) == sorted(required(PROJECT["dependencies"]))
    extras = dict(PROJECT["optional-dependencies"])
    developing = set(required(extras.pop("dev"))) - {PROJECT["name"]}  # which is all its extras
    assert sorted(listed("For development")) == sorted(developing)
    assert sorted(listed("Extras")) == sorted(
        required([each for some in extras.values() for each in some])
    )


def test_what_is_said_to_be_in_use_is() -> None:
    assert {*listed("In use"), *listed("Extras")} - NOT_IMPORTED <= imported()


def test_what_is_said_to_wait_for_coming_work_is_not_used() -> None:
    assert imported().isdisjoint(listed("Fixed for coming work"))
