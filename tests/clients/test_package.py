"""The distribution: what it needs, what it exports, and that it knows what the service sends."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import agent_client
from agent_client import ConsentReply, errors, events, records
from agent_client.fields import ChatFields, ConversationChanges, ConversationFields, Sampling
from entrypoints.http.openapi import events as sent
from entrypoints.http.routes.chat import ChatRequest, ToolCall, ToolResult
from entrypoints.http.routes.consents import ConsentAnswered, ConsentView, Reply
from entrypoints.http.routes.conversations import (
    ConversationChange,
    ConversationView,
    MessageView,
    NewConversation,
    WholeConversation,
)
from entrypoints.http.routes.run_views import RunView
from entrypoints.http.routes.tools.lists import ToolView
from entrypoints.http.sampling import SamplingBody
from tests.support.pages import ROOT
from tests.test_dependencies import ROOMS, imports_of

HOME = ROOT / "clients" / "python"
PACKAGE = HOME / "agent_client"
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]


def imported(folder: Path) -> set[str]:
    return {name for path in folder.rglob("*.py") for name in imports_of(path)}


def test_it_needs_two_libraries_and_nothing_of_the_service() -> None:
    needed = {requirement.partition(">")[0] for requirement in PROJECT["dependencies"]}
    assert needed == {"httpx2", "pydantic"}
    assert imported(PACKAGE) - sys.stdlib_module_names == needed | {"agent_client"}
    assert [room for room in ROOMS if "agent_client" in imported(ROOT / room)] == []


def test_the_service_is_developed_with_versions_that_the_client_takes() -> None:
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {each.replace("[email]", "") for each in own} >= set(PROJECT["dependencies"])


def test_it_exports_every_error_event_and_record() -> None:
    def classes(module: Any) -> Iterator[str]:
        for node in ast.parse(Path(module.__file__).read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name

    inner = {"PreviewLine", "Record"}  # of records, and the base of them
    public = {name for module in (errors, events, records) for name in classes(module)}
    assert public - inner <= set(agent_client.__all__)
    assert sorted(agent_client.__all__) == sorted(
        name for name in vars(agent_client) if name in set(agent_client.__all__)
    )


def kinds(union: Any) -> dict[str, type[BaseModel]]:
    """Return the classes of events by the type that they stand for."""
    annotated = {kind: kind.model_fields["type"].annotation for kind in get_args(union)}
    return {get_args(each)[0]: kind for kind, each in annotated.items() if get_args(each)}


SENT = kinds(get_args(sent.RunEvents)[0])
KNOWN = kinds(events.AnyEvent)


def test_it_knows_every_event_that_the_service_sends() -> None:
    assert KNOWN.keys() == SENT.keys()


PAIRS = [
    *((KNOWN[name], SENT[name]) for name in SENT),
    (records.ConsentRequest, sent.ConsentRequest),
    (records.Consent, ConsentView),
    (records.ConsentAnswered, ConsentAnswered),
    (records.Conversation, ConversationView),
    (records.WholeConversation, WholeConversation),
    (records.Message, MessageView),
    (records.Problem, sent.Problem),
    (records.Run, RunView),
    (records.Tool, ToolView),
    (records.ToolCall, ToolCall),
    (records.ToolResult, ToolResult),
    (records.Usage, sent.TokenUsage),
]


@pytest.mark.parametrize(("own", "theirs"), PAIRS, ids=lambda kind: kind.__name__)
def test_it_reads_only_fields_that_the_service_sends(
    own: type[BaseModel], theirs: type[BaseModel]
) -> None:
    added = {"cursor", "run_id"} if issubclass(own, events.Event) else set()
    names = {field.alias or name for name, field in own.model_fields.items()}
    fields = {field.alias or name: field for name, field in theirs.model_fields.items()}
    assert names - added <= fields.keys()
    needed = {name for name, field in own.model_fields.items() if field.is_required()}
    assert {name for name in needed if not fields[name].is_required()} == set()


def test_it_sends_only_fields_that_the_service_reads() -> None:
    assert ChatFields.__annotations__.keys() <= ChatRequest.model_fields.keys()
    assert ConversationChanges.__annotations__.keys() <= ConversationChange.model_fields.keys()
    assert ConversationFields.__annotations__.keys() <= NewConversation.model_fields.keys()
    assert Sampling.__annotations__.keys() == SamplingBody.model_fields.keys()
    assert ConsentReply(True, "", {}, {}, {}, "done").body().keys() == (Reply.model_fields.keys())


@pytest.mark.long
def test_it_is_installed_and_imported_without_the_service(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    copy, target = tmp_path / "src", tmp_path / "installed"
    shutil.copytree(HOME, copy, ignore=ignored)
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir"]
    pip = [sys.executable, "-m", "pip", "install", "-q", *offline]
    subprocess.run([*pip, "--target", str(target), str(copy)], check=True)
    assert (target / "agent_client" / "py.typed").exists()
    shown = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import agent_client as a; print(a.__file__)"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(shown.stdout.strip()).is_relative_to(target)
