"""The use case of a user's export: everything that is stored of them, for a file of theirs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from domain.accounts.ports import UserRecord, UserRecords, Users
from domain.accounts.users import Role, User


class UserExport:
    """Reads everything that is stored of a user, bit by bit, whoever they are."""

    def __init__(self, users: Users, records: UserRecords) -> None:
        self._users = users
        self._records = records

    async def records(self, by: User, user_id: str) -> AsyncGenerator[UserRecord, None]:
        """Yield the records of a user, kind by kind; none holds a secret.

        Raises:
            Forbidden: the caller is no administrator.
            NotFound: there is no such user.

        """
        by.require(Role.ADMIN)
        await self._users.get(user_id)
        async with aclosing(self._records.of_user(user_id)) as records:
            async for record in records:
                yield record
