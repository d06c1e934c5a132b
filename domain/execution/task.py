"""A run to drive, as its steps are given it."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.accounts.users import User
from domain.models.messages import Turn
from domain.policy.policy import Policy
from domain.runs.journal import Journal


@dataclass(frozen=True, slots=True)
class Task:
    """A run to drive: its journal, user, policy, and the turns of the conversation so far.

    ``waited`` is how many seconds its message waited for the worker, None if that is not known;
    ``is_takeover``: another worker drove it, and died or stopped.
    """

    journal: Journal
    user: User
    policy: Policy
    history: Sequence[Turn]
    waited: float | None = None
    is_takeover: bool = False
