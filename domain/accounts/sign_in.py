"""Sign-in: what can be used to guess passwords or to fill the table of users, limited."""

from domain.accounts.authentication import Authentication
from domain.accounts.identity import Identity, LoginTokens
from domain.accounts.login_clients import client_of
from domain.accounts.passwords import PasswordService
from domain.accounts.ports import Users
from domain.limits.service import Attempt, RateLimits


class SignIn:
    """Registration, login and change of a password, for clients at an address.

    Each is limited by address, and by account from all addresses, before any password is hashed.
    """

    def __init__(
        self,
        authentication: Authentication,
        passwords: PasswordService,
        users: Users,
        limits: RateLimits,
    ) -> None:
        self._authentication = authentication
        self._passwords = passwords
        self._users = users
        self._limits = limits

    async def register(
        self, email: str, full_name: str, password: str, *, address: str, user_agent: str = ""
    ) -> LoginTokens:
        """Open an account with the role `user`; its user name is the e-mail address.

        Raises:
            LimitReached: too many came from the address, or for the account.
            Forbidden: registration is closed.
            Conflict: the address is taken.

        """
        await self._limits.attempt_from(Attempt.REGISTER, address)
        await self._limits.attempt_at(Attempt.REGISTER, email.lower())
        client = client_of(user_agent, address)
        return await self._authentication.register(email, full_name, password, client)

    async def login(
        self, login: str, password: str, *, address: str, user_agent: str = ""
    ) -> LoginTokens:
        """Open a session by e-mail address or user name, and password.

        Raises:
            LimitReached: too many came from the address, or for the account; the same for an
                account that there is and for one that there is not.
            Unauthenticated: unknown user or wrong password, the same answer in the same time; or
                the right password of an account that is disabled.

        """
        await self._limits.attempt_from(Attempt.LOGIN, address)
        record = await self._users.by_login(login)  # both names of an account are one account
        account = login.lower() if record is None else record[0].id
        await self._limits.attempt_at(Attempt.LOGIN, account)
        return await self._authentication.login(login, password, client_of(user_agent, address))

    async def change_password(
        self, identity: Identity, current: str, new: str, *, address: str
    ) -> None:
        """Change one's own password, and end all one's other sessions.

        Raises:
            LimitReached: too many came from the address, or for the account.
            InvalidRequest: the current password is wrong.
            Forbidden: the caller has an API key.

        """
        await self._limits.attempt_from(Attempt.PASSWORD, address)
        await self._limits.attempt_at(Attempt.PASSWORD, identity.user.id)
        await self._passwords.change_own(identity, current, new)
