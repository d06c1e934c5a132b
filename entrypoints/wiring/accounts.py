"""Accounts: users, their sessions and tickets, and how often a client may call."""

from dataclasses import dataclass
from datetime import timedelta

from adapters.security.secrets import SecretStore
from adapters.security.tokens import JwtTokens
from domain.accounts.authentication import Authentication
from domain.accounts.callers import ApiKeyService, Callers
from domain.accounts.foreign_users import ForeignCallers, ForeignUsers
from domain.accounts.ports import Passwords
from domain.accounts.provider_login import LoginService
from domain.accounts.tickets import TicketService
from domain.limits.measured import MeasuredBuckets
from domain.limits.refusals import RememberedRefusals
from domain.limits.service import RateLimits
from domain.shared.cipher import Cipher
from domain.shared.clock import Clock
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.identity import IdentityParts
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.telemetry import TelemetryParts


@dataclass(frozen=True, slots=True)
class AccountParts:
    """Who may come in; ``logins`` are those at another provider, if there is one."""

    authentication: Authentication
    tickets: TicketService
    api_keys: ApiKeyService
    callers: Callers
    logins: LoginService | None


def wire_accounts(
    settings: Settings,
    persistence: Persistence,
    identity: IdentityParts,
    passwords: Passwords,
    cipher: Cipher,
    clock: Clock,
) -> AccountParts:
    """Put together what knows users.

    Raises:
        Unavailable: the secret that signs tokens cannot be kept or read.

    """
    store = persistence.store
    authentication = Authentication(
        users=store.users,
        sessions=store.sessions,
        passwords=passwords,
        tokens=_tokens(settings, clock),
        unit_of_work=store.unit_of_work,
        clock=clock,
        registration_open=settings.registration_is_open,
    )
    tickets = TicketService(store.tickets, authentication=authentication, clock=clock)
    api_keys = ApiKeyService(store.program_keys, clock)
    users = ForeignUsers(
        store.foreign_identities, store.users, passwords, store.unit_of_work, clock
    )
    foreign = None if identity.tokens is None else ForeignCallers(identity.tokens, users, clock)
    callers = Callers(authentication, api_keys, foreign)
    logins = None
    if identity.login is not None:
        life = timedelta(hours=settings.oidc_session_hours)
        logins = LoginService(
            identity.login, users, authentication, cipher, clock, session_life=life
        )
    return AccountParts(authentication, tickets, api_keys, callers, logins)


def wire_limits(
    settings: Settings, persistence: Persistence, telemetry: TelemetryParts
) -> RateLimits:
    """Put together what limits requests, and attempts at accounts."""
    return RateLimits(
        MeasuredBuckets(RememberedRefusals(persistence.store.buckets), telemetry.measurements),
        per_minute=settings.rate_limit_per_minute,
        attempts_per_minute=settings.login_limit_per_minute,
    )


def _tokens(settings: Settings, clock: Clock) -> JwtTokens:
    """Return what signs access tokens, with the operator's secret or one kept in the data folder.

    Raises:
        Unavailable: the secret cannot be kept or read.

    """
    if settings.jwt_secret is not None:
        return JwtTokens(settings.jwt_secret.get_secret_value(), clock)
    kept = SecretStore(settings.data_dir / "secrets")
    return JwtTokens(kept.get("jwt_secret"), clock)
