"""Settings of another identity provider: whose tokens are taken, and who logs in there."""

from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from domain.accounts.users import Role
from entrypoints.settings.values import check_base_url, split_list

_ROLES: Final = ", ".join(Role)


def check_issuer(url: str) -> str:
    """Return the name of an issuer, which is an address, without a slash at its end."""
    try:
        return check_base_url(url)
    except ValueError:
        raise ValueError(
            "must be the issuer as the provider's configuration names it, such as "
            "https://login.example.com/realms/main"
        ) from None


def check_document_url(url: str) -> str:
    """Return the address of a document."""
    check_base_url(url.partition("?")[0])
    return url


def check_role_value(text: str) -> str:
    """Return an entry that says which role a value of the claim gives."""
    value, separator, role = text.rpartition("=")
    if not separator or not value.strip() or role.strip() not in set(Role):
        raise ValueError(f"must list value=role, such as staff=user; the roles are {_ROLES}")
    return f"{value.strip()}={role.strip()}"


class IdentitySettings(BaseSettings):
    """Settings of the identity provider."""

    oidc_issuer: Annotated[str, AfterValidator(check_issuer)] | None = Field(
        None,
        max_length=500,
        validation_alias="OIDC_ISSUER",
        description="The issuer (OpenID Connect) whose tokens are taken and with whom people log "
        "in: [Identity](../how-to/identity.md). One outside of the public internet must be in "
        "`PUERTO_OPEN_HOSTS`. Not set: none.",
    )
    oidc_audience: Annotated[tuple[str, ...], BeforeValidator(split_list)] = Field(
        (),
        validation_alias="OIDC_AUDIENCE",
        description="Who its access tokens must be for, separated by commas: what it calls this "
        "service. Not set: no tokens of the provider are taken.",
    )
    oidc_jwks_url: Annotated[str, AfterValidator(check_document_url)] | None = Field(
        None,
        validation_alias="OIDC_JWKS_URL",
        description="Address of its keys. Not set: as its configuration says.",
    )
    oidc_role_claim: str = Field(
        "roles",
        min_length=1,
        max_length=200,
        validation_alias="OIDC_ROLE_CLAIM",
        description="The claim that decides roles; `realm_access.roles` is a claim inside of one.",
    )
    oidc_roles: Annotated[
        tuple[Annotated[str, AfterValidator(check_role_value)], ...], BeforeValidator(split_list)
    ] = Field(
        (),
        validation_alias="OIDC_ROLES",
        description="Which value of that claim gives which role, separated by commas, such as "
        "`puerto-admins=admin, sre=operator`. Who has none is a `user`; if values for `user` are "
        "given, they are refused. Not set: new users are a `user`, and roles are changed here.",
    )
    oidc_client_id: str | None = Field(
        None,
        validation_alias="OIDC_CLIENT_ID",
        description="Puerto as a client of the provider: people log in there by "
        "`/api/auth/oidc/login`. Not set: they do not.",
    )
    oidc_client_secret: SecretStr | None = Field(
        None,
        validation_alias="OIDC_CLIENT_SECRET",
        description="The secret of that client. Not set: it is a public one.",
    )
    oidc_scopes: Annotated[tuple[str, ...], BeforeValidator(split_list)] = Field(
        (),
        validation_alias="OIDC_SCOPES",
        description="What is asked for at a login, separated by commas; some providers give groups "
        "for a scope of their own. Not set: `openid, profile, email`.",
    )
    oidc_session_hours: float = Field(
        24,
        ge=0.1,
        le=720,
        validation_alias="OIDC_SESSION_HOURS",
        description="Hours after which people log in there again, so that the provider decides "
        "anew whether they may, and in which role.",
    )

    @property
    def role_values(self) -> dict[str, Role]:
        """The roles by the values of the claim."""
        pairs = (entry.rpartition("=") for entry in self.oidc_roles)
        return {value: Role(role) for value, _, role in pairs}
