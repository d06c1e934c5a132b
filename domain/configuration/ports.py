"""The port to the configuration that operators change while the service runs."""

from collections.abc import Callable
from typing import Protocol

from domain.configuration.configuration import Configuration


class Configurations(Protocol):
    """The one configuration of the installation."""

    async def load(self) -> Configuration:
        """Return the configuration that holds now."""
        ...

    async def load_for(self, user_id: str, conversation_id: str) -> Configuration:
        """Return the configuration as it holds in a conversation.

        It may prefer a model, and sampling parameters. A conversation that is not there, or is
        another user's, prefers none.
        """
        ...

    async def change(self, edit: Callable[[Configuration], Configuration]) -> Configuration:
        """Replace the configuration by its edit, keep it, and return it. Edits don't overlap."""
        ...
