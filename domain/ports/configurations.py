"""The port to the configuration that operators change while the service runs."""

from collections.abc import Callable
from typing import Protocol

from domain.configuration import Configuration


class Configurations(Protocol):
    """The one configuration of the installation."""

    async def load(self) -> Configuration:
        """Return the configuration that holds now."""
        ...

    async def change(self, edit: Callable[[Configuration], Configuration]) -> Configuration:
        """Replace the configuration by its edit, keep it, and return it. Edits don't overlap."""
        ...
