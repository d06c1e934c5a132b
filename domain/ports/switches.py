"""The port to the switches of plugins and tools, which all workers share."""

from typing import Protocol

from domain.switches import Switchboard, SwitchKind


class Switches(Protocol):
    """The one switchboard of the installation."""

    async def load(self) -> Switchboard:
        """Return how everything is set now."""
        ...

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool, reason: str = "") -> None:
        """Switch a plugin or tool; ``reason`` is given when the service itself sets it aside."""
        ...

    async def renew(self, plugin: str) -> None:
        """Ask every worker to read a plugin from disk again, also one that was set aside."""
        ...

    async def search(self) -> None:
        """Ask every worker to search its environment for plugins again."""
        ...
