"""The port to the switches of plugins and tools, which all workers share."""

from typing import Protocol

from domain.switches import Switch, Switchboard, SwitchKind


class Switches(Protocol):
    """The one switchboard of the installation."""

    async def load(self) -> Switchboard:
        """Return how everything is set now."""
        ...

    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool) -> None:
        """Switch a plugin or tool, as an operator does: a quarantine is forgotten."""
        ...

    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        """Keep the switch of a plugin or tool that the service set aside; not its generation."""
        ...

    async def try_again(self, kind: SwitchKind, name: str, tries: int) -> bool:
        """Put in use again what was set aside so many times; False: another worker did.

        How often and when it was set aside is kept.
        """
        ...

    async def renew(self, plugin: str) -> None:
        """Ask every worker to read a plugin from disk again, also one that was set aside."""
        ...

    async def search(self) -> None:
        """Ask every worker to search its environment for plugins again."""
        ...
