"""The workflow of "Publish a plugin" is one that GitHub can run, on commands that exist."""

import shlex
import tomllib
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML brings no types
from packaging.specifiers import SpecifierSet
from typer.main import get_command

from entrypoints.cli import app
from plugins.template import new_plugin
from tests.support.pages import ROOT, blocks_of

PAGE = ROOT / "docs" / "how-to" / "publish-a-plugin.md"
TEMPLATE = tomllib.loads(new_plugin("lunch")["pyproject.toml"])["project"]
OTHERS = {"pip install", "python -m", "pytest"}  # commands that are not Puerto's


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    """Return the workflow; YAML 1.1 reads its key ``on`` as true."""
    [block] = [block for block in blocks_of(PAGE) if block.language == "yaml"]
    found: dict[str, Any] = yaml.safe_load(block.text)
    return found


def commands(workflow: dict[str, Any]) -> list[list[str]]:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(("run" in step) != ("uses" in step) for step in steps)
    return [shlex.split(step["run"]) for step in steps if "run" in step]


def test_its_jobs_are_jobs(workflow: dict[str, Any]) -> None:
    assert workflow.keys() == {"name", True, "permissions", "jobs"}
    jobs = workflow["jobs"]
    for job in jobs.values():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys()
        assert job.get("needs", "test") in jobs
    assert jobs["build"]["needs"] == "test"
    assert jobs["publish"]["needs"] == "build"
    passed_on = [
        step["with"]
        for name in ("build", "publish")
        for step in jobs[name]["steps"]
        if "artifact" in step.get("uses", "")
    ]
    assert {(each["name"], each["path"]) for each in passed_on} == {("dist", "dist/")}


def test_only_what_is_tagged_is_published_and_without_a_token(workflow: dict[str, Any]) -> None:
    publish = workflow["jobs"]["publish"]
    assert publish["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert publish["permissions"] == {"id-token": "write"}
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in workflow["jobs"][name] for name in ("test", "build"))
    assert "secrets." not in PAGE.read_text()


def test_its_pythons_are_those_that_puerto_and_the_template_take(workflow: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pythons = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13"]
    for needed in (project["requires-python"], TEMPLATE["requires-python"]):
        assert all(python in SpecifierSet(needed) for python in pythons)


def test_its_commands_exist(workflow: dict[str, Any]) -> None:
    ours = [words[1:] for words in commands(workflow) if words[0] == "puerto"]
    assert ours == [["plugin", "check", ".", "--strict"]]
    for words in ours:
        command: Any = get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options
        assert len([word for word in words if not word.startswith("-")]) == 1
    for words in commands(workflow):
        assert words[0] == "puerto" or " ".join(words[:2]) in OTHERS
    assert ["pip", "install", "-e", ".[dev]"] in commands(workflow)
    assert "dev" in TEMPLATE["optional-dependencies"]
