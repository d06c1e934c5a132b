"""A policy: what must not be, what needs a person, and a file in which every judgement stands."""

import asyncio
import json
import re
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from puerto import (
    Ask,
    Deny,
    GuardedMessage,
    PluginContext,
    Proposal,
    Registry,
    Replace,
    hookimpl,
)

CARD: Final = re.compile(r"\b\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}\b")


class CustodianSettings(BaseModel):
    """Where judgements are written, and what is judged."""

    file: Path
    frozen_tickets: list[int] = []


async def judge(proposal: Proposal, context: PluginContext) -> Deny | Ask | None:
    """Keep frozen tickets open, and let a person see what leaves as a file."""
    settings = context.settings(CustodianSettings)
    judgement: Deny | Ask | None = None
    if proposal.arguments.get("ticket") in settings.frozen_tickets:
        judgement = Deny("this ticket is frozen")
    elif proposal.tool.startswith("export_"):
        judgement = Ask("files leave the house")
    line = {
        "at": context.clock.now().isoformat(),
        "user": proposal.user,
        "tool": proposal.tool,
        "preview": proposal.preview and proposal.preview.target,
        "judgement": type(judgement).__name__,
    }
    await asyncio.to_thread(_append, settings.file, json.dumps(line))
    return judgement


async def hide_cards(message: GuardedMessage) -> Replace | None:
    """Keep numbers of cards from clients."""
    hidden = CARD.sub("[card]", message.text)
    return Replace(hidden) if hidden != message.text else None


def _append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as audit:
        audit.write(line + "\n")


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the veto and the guard."""
    registry.use_settings(CustodianSettings)
    registry.add_veto(judge)
    registry.add_guard(hide_cards, at="before_client", required=True)
