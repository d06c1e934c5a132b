"""A context for calling tools as plain functions."""

import logging
from collections.abc import Sequence

from domain.accounts.users import Role, User
from domain.conversations.conversation import Message
from domain.tools.tool import ToolContext
from puerto.testing.clock import START


def context_for_tests(*, settings: object | None = None) -> ToolContext:
    """Return the context of a call ``call-1`` of the user ``ada``.

    ``settings`` is what the plugin declared with `Registry.use_settings`. It has no secrets,
    network or conversations, and an empty storage; change it with `dataclasses.replace`.
    """
    user = User("user-1", "ada@example.org", "ada", "Ada Lovelace", Role.USER, START)
    return ToolContext(
        user,
        "call-1",
        _nothing,
        log=logging.getLogger("puerto.tools"),
        read_settings=lambda: settings,
    )


async def _nothing(_text: str, _limit: int) -> Sequence[Message]:
    return ()
