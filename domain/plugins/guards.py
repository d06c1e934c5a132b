"""Guards of messages: what a plugin registers to look at texts on their way, and what it answers.

There is one before the model (the user's message) and one before the client (a model's answer). A
tool's result is not among them: it is JSON of any size, read in pages and by other tools, so no
single text of it could be judged. Whoever brings text from outside guards it in the tool, and a
veto sees what a model would do because of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from domain.accounts.users import Role


class GuardPoint(StrEnum):
    """Where a guard stands: before the model, or before the client."""

    BEFORE_MODEL = "before_model"
    BEFORE_CLIENT = "before_client"


@dataclass(frozen=True, slots=True)
class GuardedMessage:
    """A text to be guarded, and the run that it belongs to.

    Before the model ``text`` is the user's message; before the client it is the text of one answer
    of a model, whole, or what the model showed of its reasoning (``is_reasoning``). ``user`` is the
    user's name; ``agent`` None means the general one.
    """

    at: GuardPoint
    text: str
    user: str
    user_id: str
    role: Role
    conversation_id: str
    run_id: str
    agent: str | None = None
    is_reasoning: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A guard's answer: the text goes no further. The client is told the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Replace:
    """A guard's answer: this text goes on in place of the one that it was shown."""

    text: str


MessageGuard = Callable[[GuardedMessage], Awaitable[Block | Replace | None]]
"""Looks at a text; None lets it pass."""


@dataclass(frozen=True, slots=True)
class GuardOffer:
    """A guard that a plugin registers.

    Where one that ``is_required`` fails, nothing passes; the failure of another is an incident.
    """

    at: GuardPoint
    function: MessageGuard
    is_required: bool = False
