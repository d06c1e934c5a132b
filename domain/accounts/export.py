"""The use case of a user's export: everything that is stored of them, for a file of theirs."""

from collections.abc import AsyncGenerator

from domain.accounts.ports import UserRecord, UserRecords, Users
from domain.accounts.users import Role, User


class UserExport:
    """Reads everything that is stored of a user, bit by bit, whoever they are."""

    def __init__(self, users: Users, records: UserRecords) -> None:
        self._users = users
        self._records = records

    async def records(self, by: User, user_id: str) -> AsyncGenerator[UserRecord, None]:
        """Return the records of a user, kind by kind, read as they are asked for; none is secret.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.

        """
        by.require(Role.ADMIN)
        return self._records.of_user((await self._users.get(user_id)).id)
