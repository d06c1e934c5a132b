"""What tests of tools share."""

import logging
from datetime import UTC, datetime

import pytest

from domain.conversations import Message
from domain.identity import Role, User
from domain.tools import ToolContext


async def find_nothing(text: str, limit: int) -> list[Message]:
    return []


@pytest.fixture
def context() -> ToolContext:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    user = User("u1", "ada@example.org", "ada", "Ada", Role.USER, now)
    return ToolContext(user, "call-1", logging.getLogger("test.tools"), find_nothing)
