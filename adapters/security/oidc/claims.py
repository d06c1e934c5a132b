"""What the claims of another provider's token mean here: who, and in which role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from domain.accounts.identity import ForeignSubject
from domain.accounts.identity_provider import ForeignClaims
from domain.accounts.users import Role
from domain.shared.errors import Forbidden

_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core, section 2
_LONGEST_NAME: Final = 200
_LONGEST_ADDRESS: Final = 320
_SPACED: Final = frozenset({"scope", "scp"})  # lists in one text (RFC 8693, section 4.2; Entra)


@dataclass(frozen=True, slots=True)
class RoleClaim:
    """Which claim decides the role; without ``values`` none does.

    The highest role counts of which a value is there. Who has none is a `user`; where values for
    that role are given, they are refused.
    """

    name: str = "roles"
    values: Mapping[str, Role] = field(default_factory=dict)

    def role(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the role; None: the provider does not decide roles.

        Raises:
            Forbidden: there is no value for any role.

        """
        if not self.values:
            return None
        held = {self.values[text] for text in self._texts(claims) if text in self.values}
        if not held and Role.USER in self.values.values():
            raise Forbidden("Your identity provider gives you no role here. Ask its administrator.")
        return max(held or {Role.USER}, key=list(Role).index)

    def _texts(self, claims: Mapping[str, Any]) -> list[str]:
        value = claim_at(claims, self.name)
        if isinstance(value, str):
            return value.split() if self.name in _SPACED else [value]
        return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def claim_at(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim; ``a.b`` is the claim of that name, or else ``b`` in the object ``a``."""
    if name in claims:
        return claims[name]
    for place in (at for at, character in enumerate(name) if character == "."):
        inner = claims.get(name[:place])
        if isinstance(inner, dict) and (found := claim_at(inner, name[place + 1 :])) is not None:
            return found
    return None


def read_claims(claims: Mapping[str, Any], issuer: str, role: RoleClaim) -> ForeignClaims:
    """Return what verified claims say of a user.

    Raises:
        ValueError: the subject, or a time, is none.
        Forbidden: there is no role for the user.

    """
    subject = claims["sub"]
    if not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise ValueError("sub")
    is_verified = claims.get("email_verified") in {True, "true"}  # some write it as text
    return ForeignClaims(
        who=ForeignSubject(issuer.removesuffix("/"), subject),
        issued_at=datetime.fromtimestamp(int(claims["iat"]), UTC),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
        role=role.role(claims),
        username=_name(claims, "preferred_username") or _name(claims, "email"),
        full_name=_name(claims, "name"),
        email=_address(claims) if is_verified else "",
    )


def _name(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c.isprintable() and c not in "<>").strip()[:_LONGEST_NAME]


def _address(claims: Mapping[str, Any]) -> str:
    address = _name(claims, "email").lower()
    local, at, domain = address.rpartition("@")
    is_one = local and at and "." in domain and not any(c.isspace() for c in address)
    return address if is_one and len(address) <= _LONGEST_ADDRESS else ""
