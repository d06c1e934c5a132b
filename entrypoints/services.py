"""What the entrypoints can ask for: the use cases, and the ports that need none."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from quart import current_app

from domain.authentication import Authentication
from domain.chat import Chat
from domain.direct_calls import DirectCalls
from domain.live import LiveRuns
from domain.ports.chat_model import ChatModels
from domain.ports.clock import Clock
from domain.ports.configurations import Configurations
from domain.ports.conversations import Conversations
from domain.ports.toolbox import Toolbox
from domain.ports.users import Users
from domain.worker import Worker
from entrypoints.settings import Settings

EXTENSION: Final = "puerto"


@dataclass(frozen=True, slots=True)
class Services:
    """One installation's use cases. ``database_answers`` asks the database, within a bound."""

    settings: Settings
    authentication: Authentication
    chat: Chat
    direct_calls: DirectCalls
    users: Users
    conversations: Conversations
    configurations: Configurations
    toolbox: Toolbox
    models: ChatModels
    worker: Worker
    live: LiveRuns
    clock: Clock
    database_answers: Callable[[], Awaitable[bool]]


def services() -> Services:
    """Return the services of the application that handles the current request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)  # noqa: S101  put there by create_app
    return found
