"""A run to drive, as its steps are given it."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.accounts.users import User
from domain.models.messages import Turn
from domain.policy.policy import Policy
from domain.runs.journal import Journal


@dataclass(frozen=True, slots=True)
class Task:
    """A run to drive: its journal, user, policy, and the turns of the conversation so far."""

    journal: Journal
    user: User
    policy: Policy
    history: Sequence[Turn]
