"""Users of another identity provider: made at first sight, and recognised by its tokens.

A user is known by issuer and subject alone. Names and e-mail addresses are the provider's word, and
may change hands: they never lead to a user who is here already.
"""

import logging
import re
from dataclasses import replace
from typing import Final

from domain.accounts.identity import ForeignSubject, Identity
from domain.accounts.identity_provider import (
    ForeignClaims,
    ForeignIdentities,
    ForeignUser,
    IdentityProvider,
)
from domain.accounts.ports import Passwords, Users
from domain.accounts.recent import Recent
from domain.accounts.secrets import fingerprint, new_secret
from domain.accounts.users import Role, User
from domain.shared.clock import Clock
from domain.shared.errors import Conflict, Unauthenticated
from domain.shared.ids import new_id
from domain.shared.unit_of_work import UnitOfWork

_NOT_OF_A_NAME: Final = re.compile(r"[^\w.-]+")
_LONGEST_NAME: Final = 64
_MARK: Final = 12  # characters of a digest: the same subject always has the same
_NO_DOMAIN: Final = "oidc.invalid"  # no mail is ever delivered there (RFC 2606)

_log = logging.getLogger("puerto.changes")


class ForeignUsers:
    """Finds the users of another provider, and makes them when they are first seen."""

    def __init__(
        self,
        identities: ForeignIdentities,
        users: Users,
        passwords: Passwords,
        unit_of_work: UnitOfWork,
        clock: Clock,
    ) -> None:
        self._identities = identities
        self._users = users
        self._passwords = passwords
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._recent = Recent[ForeignSubject, ForeignUser](clock)

    async def seen(self, claims: ForeignClaims) -> User:
        """Return the user of a valid token, with a role that is not above that of the token.

        The token that was issued last decides the stored role. So nothing is written but at first
        sight and when a role changes, and a demotion holds for older tokens, too.

        Raises:
            Unauthenticated: the user is disabled.

        """
        known = await self._known(claims.who)
        if known is None:
            known = await self._first_sight(claims)
        if claims.role is None:
            return known.user
        if claims.role is not known.user.role and claims.issued_at > known.role_at:
            known = await self._with_role(claims, claims.role)
        return limited(known.user, claims.role)

    async def still(self, who: ForeignSubject) -> User:
        """Return a user who was seen before, if they may still come in.

        Raises:
            Unauthenticated: the user is disabled, or is gone.

        """
        known = await self._known(who)
        if known is None:
            raise Unauthenticated("This user is here no more.")
        return known.user

    def forget(self) -> None:
        """Look every user up again when they come next."""
        self._recent.clear()

    async def _known(self, who: ForeignSubject) -> ForeignUser | None:
        known = self._recent.get(who)
        if known is None:
            known = await self._identities.find(who)
            if known is not None:
                self._recent.put(who, known)
        if known is not None and known.user.is_disabled:
            raise Unauthenticated("This account is disabled. Ask an administrator.")
        return known

    async def _first_sight(self, claims: ForeignClaims) -> ForeignUser:
        """Make the user; of several requests at once, on any worker, one does.

        Raises:
            Conflict: a user here has even the name that is made of the subject.

        """
        # A password that nobody knows: who has one here is set none by being unknown.
        hashed = await self._passwords.hash(new_secret())
        mark = fingerprint(f"{claims.who.issuer}\n{claims.who.subject}")
        name = _NOT_OF_A_NAME.sub("-", claims.username.partition("@")[0].lower())[:_LONGEST_NAME]
        name = name.strip("-.") or "user"
        own = f"{name}-{mark[:_MARK]}", f"{mark[:32]}@{_NO_DOMAIN}"
        free = await self._free(name) or own[0], await self._free(claims.email) or own[1]
        user = User(
            id=new_id(),
            email=free[1],
            username=free[0],
            full_name=claims.full_name or name,
            role=claims.role or Role.USER,
            created_at=self._clock.now(),
        )
        try:
            known = await self._add(claims, user, hashed)
        except Conflict:  # another request was first, or somebody has just taken the name
            found = await self._known(claims.who)
            if found is not None:
                return found
            renamed = replace(user, username=own[0], email=own[1])
            known = await self._add(claims, renamed, hashed)
        _log.info(
            "%s came from %s for the first time, with the role %s",
            known.user.username,
            claims.who.issuer,
            known.user.role,
        )
        return known

    async def _free(self, login: str) -> str:
        """Return a name or an address if no user has it as either, else nothing."""
        is_free = login and await self._users.by_login(login) is None
        return login if is_free else ""

    async def _add(self, claims: ForeignClaims, user: User, hashed: str) -> ForeignUser:
        async def work() -> None:
            await self._users.add(user, hashed)
            await self._identities.add(claims.who, user.id, claims.issued_at)

        await self._unit_of_work.run(work)
        return ForeignUser(user, claims.issued_at)

    async def _with_role(self, claims: ForeignClaims, role: Role) -> ForeignUser:
        """Store the role of a token, unless a later one has decided it; return the user."""

        async def work() -> User | None:
            user_id = await self._identities.decide_role(claims.who, claims.issued_at)
            return None if user_id is None else await self._users.set_role(user_id, role)

        changed = await self._unit_of_work.run(work)
        self._recent.drop(claims.who)
        if changed is not None:
            _log.info("%s has the role %s now, as their provider says", changed.username, role)
        known = await self._known(claims.who)
        if known is None:
            raise Unauthenticated("This user is here no more.")
        return known


class ForeignCallers:
    """Recognises callers by the access tokens of another provider."""

    def __init__(self, provider: IdentityProvider, users: ForeignUsers, clock: Clock) -> None:
        self._provider = provider
        self._users = users
        self._clock = clock

    def issued(self, token: str) -> bool:
        """Tell whether a token says that it comes from that provider; it is not verified."""
        return self._provider.issued(token)

    async def recognise(self, token: str) -> Identity:
        """Return who a token was issued to.

        Raises:
            Unauthenticated: it is not valid, or its user is disabled.
            Forbidden: its user has no role for this service.
            Unavailable: the provider's keys were never read, and cannot be read now.

        """
        claims = await self._provider.read(token)
        user = await self._users.seen(claims)
        return Identity(user, "", claims.expires_at, foreign=claims.who)

    async def recheck(self, identity: Identity, who: ForeignSubject) -> Identity:
        """Return who it is, if they may still call, with a role that is not above the token's.

        Raises:
            Unauthenticated: the token has expired, or the user is disabled or gone.

        """
        if identity.expires_at <= self._clock.now():
            raise Unauthenticated("The access token has expired. Get a new one.")
        user = await self._users.still(who)
        return replace(identity, user=limited(user, identity.user.role))

    def forget(self) -> None:
        """Look every user up again when they come next."""
        self._users.forget()


def limited(user: User, role: Role) -> User:
    """Return the user, with this role if it is below their own."""
    return user if role.covers(user.role) else replace(user, role=role)
