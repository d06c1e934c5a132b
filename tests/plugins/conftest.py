"""What tests of tools share."""

import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.accounts.users import Role, User
from domain.conversations.conversation import Message
from domain.tools.tool_context import ToolContext


async def find_nothing(text: str, limit: int) -> list[Message]:
    return []


@pytest.fixture
def context() -> ToolContext:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    user = User("u1", "ada@example.org", "ada", "Ada", Role.USER, now)
    return ToolContext(user, "call-1", find_nothing, log=logging.getLogger("test.tools"))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages that Python imports from; what is imported of it is forgotten after."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = dict(sys.modules)
    yield tmp_path
    for name in sys.modules.keys() - before.keys():
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
