"""Check of the identity provider."""

from typing import Final
from urllib.parse import urlsplit

from domain.shared.errors import Unavailable
from entrypoints.cli.doctor.findings import DoctorFinding, State
from entrypoints.settings.values import is_loopback
from entrypoints.wiring.adapters.identity import IdentityParts
from entrypoints.wiring.container import Container

_SUBJECT: Final = "identity provider"


async def identity_findings(container: Container) -> list[DoctorFinding]:
    """Return whether the provider answers, and what it is used for; nothing if there is none."""
    identity, settings = container.identity(), container.settings()
    if settings.oidc_issuer is None:
        return []
    try:
        keys = await _keys(identity)
    except Unavailable as error:
        found = DoctorFinding(_SUBJECT, State.BROKEN, f"{settings.oidc_issuer}: {error.message}")
    else:
        is_safe = _is_safe(settings.oidc_issuer)
        warning = "" if is_safe else "; without TLS its keys can be replaced on the way"
        detail = f"{settings.oidc_issuer} answers, {keys} keys; {_uses(identity)}{warning}"
        found = DoctorFinding(_SUBJECT, State.OK if is_safe else State.NOTE, detail)
    finally:
        await container.web().web.close()
    if identity.login is None or settings.public_address:
        return [found]
    detail = "not set: nobody can come back from a login at the identity provider"
    return [found, DoctorFinding("PUERTO_PUBLIC_URL", State.NOTE, detail)]


async def _keys(identity: IdentityParts) -> int:
    """Return how many keys the provider publishes.

    Raises:
        Unavailable: they, or what a login needs, cannot be read.

    """
    if (documents := identity.documents) is None:
        return 0
    if identity.login is not None:
        await documents.discovery.get()
    return len(await documents.keys.get())


def _is_safe(issuer: str) -> bool:
    """Return whether nobody can be between: by TLS, or because it is on this machine."""
    parts = urlsplit(issuer)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _uses(identity: IdentityParts) -> str:
    uses = []
    if identity.tokens is not None:
        uses.append("its tokens are taken")
    if identity.login is not None:
        uses.append("people log in there")
    return " and ".join(uses) or "used for nothing"
