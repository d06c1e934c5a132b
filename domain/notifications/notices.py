"""Notices: what happens in the service, for those who watch it.

They are not the events of a run, which tell its own user everything: a notice is one line, for
observers of any kind.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class NoticeType(StrEnum):
    """What there is to notice."""

    ALERT_CRITICAL = "alert.critical"
    ALERT_WARNING = "alert.warning"
    ALERT_OK = "alert.ok"
    TOOL_EXECUTED = "tool.executed"
    CONVERSATION_CREATED = "conversation.created"
    API_LEARNED = "api.learned"
    CONSENT_REQUIRED = "consent.required"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened. ``data`` is a JSON object of ids and names, without content."""

    type: NoticeType
    at: datetime
    data: Mapping[str, Any]


Observer = Callable[[Notice], Awaitable[None]]
"""Is told what happens, some time after it."""
