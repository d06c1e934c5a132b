"""Notices: one-line notifications of what happens in the service, for observers of any kind.

They are not the events of a run, which give its own user every detail.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class NoticeType(StrEnum):
    """The types of notices."""

    ALERT_CRITICAL = "alert.critical"
    ALERT_WARNING = "alert.warning"
    ALERT_OK = "alert.ok"
    ALERT_WEBHOOK_DISABLED = "alert.webhook_disabled"
    TOOL_EXECUTED = "tool.executed"
    CONVERSATION_CREATED = "conversation.created"
    API_LEARNED = "api.learned"
    CONSENT_REQUIRED = "consent.required"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification. ``data`` is a JSON object of ids and names, without content."""

    type: NoticeType
    at: datetime
    data: Mapping[str, Any]


Observer = Callable[[Notice], Awaitable[None]]
"""Is called with each notice, some time after it was published."""
