"""Rounds of work that one worker of all does, again and again."""

from datetime import datetime
from typing import Final

from adapters.persistence.engine.database import Database

_CLAIM: Final = """
    INSERT INTO rounds (name, due_at) VALUES ($1, $3)
    ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE rounds.due_at <= $2
    RETURNING name
"""


async def claim_round(database: Database, name: str, now: datetime, until: datetime) -> bool:
    """Claim the round of that name if it is due; the next is due at ``until``."""
    return bool(await database.fetch(_CLAIM, name, now, until))
