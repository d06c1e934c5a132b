"""Users and their roles."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.shared.errors import Forbidden


class Role(StrEnum):
    """The roles, in rising order: each may do all that those before it may."""

    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Tell whether this role may do all that the role ``needed`` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """A person or program with an account. ``email`` and ``username`` are unique, lower case.

    ``key_id`` is the id of the API key with which they call; it is never stored with the user.
    """

    id: str
    email: str
    username: str
    full_name: str
    role: Role
    created_at: datetime
    is_disabled: bool = False
    key_id: str = ""

    def require(self, role: Role) -> None:
        """Check the user's role.

        Raises:
            Forbidden: the user's role does not cover this one.

        """
        if not self.role.covers(role):
            raise Forbidden(f"This needs the role {role}.")
