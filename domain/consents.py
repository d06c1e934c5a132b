"""Asking a human: about a call before it starts, or about one whose outcome is not known.

A consent is bound to a digest of tool, version and arguments: what runs is what was approved.
It is answered once, by the user of the run, before it expires; anything but an explicit yes
is a no.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.tools import Effect

PREVIEW: Final = 500


class ConsentKind(StrEnum):
    """What is asked: may it start, or what became of it."""

    APPROVAL = "approval"
    OUTCOME = "outcome"


class ConsentStatus(StrEnum):
    """Where a request stands. The last three answer a question about an outcome."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DONE = "done"
    NOT_DONE = "not_done"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the human said. ``params`` are the edited arguments of an approval, if edited."""

    status: ConsentStatus
    params: Mapping[str, Any] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """One request and, later, its answer. ``digest`` is that of what may run.

    ``conversation_id`` is that of its run; empty where a tool was called without the agent.
    """

    id: str
    run_id: str
    call_id: str
    user_id: str
    kind: ConsentKind
    tool: str
    version: str
    params: Mapping[str, Any]
    effect: Effect
    reason: str
    preview: str
    digest: str
    created_at: datetime
    expires_at: datetime
    status: ConsentStatus = ConsentStatus.WAITING
    answer_reason: str = ""
    answered_at: datetime | None = None
    original_params: Mapping[str, Any] | None = None
    conversation_id: str = ""


def digest_of(tool: str, version: str, params: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a call in canonical JSON: keys sorted, no white space."""
    text = json.dumps([tool, version, params], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def preview_of(tool: str, params: Mapping[str, Any], told: str = "") -> str:
    """Return one line that shows a human what will be done; ``told`` is what the tool says."""
    shown = ", ".join(f"{name}={json.dumps(v, ensure_ascii=False)}" for name, v in params.items())
    line = f"{told}: {tool}({shown})" if told else f"{tool}({shown})"
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1] + "…"
