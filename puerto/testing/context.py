"""The context of a call, for tools that are called as plain functions."""

import logging
from collections.abc import Sequence

from domain.accounts.users import Role, User
from domain.conversations.conversation import Message
from domain.tools.tool import ToolContext
from puerto.testing.clock import START


def context_for_tests() -> ToolContext:
    """Return the context of a call ``call-1`` of the user ``ada``.

    There are no secrets in it, no network, and no conversations. `dataclasses.replace` makes
    another one of it.
    """
    user = User("user-1", "ada@example.org", "ada", "Ada Lovelace", Role.USER, START)
    return ToolContext(user, "call-1", logging.getLogger("puerto.tools"), _nothing)


async def _nothing(_text: str, _limit: int) -> Sequence[Message]:
    return ()
