"""Rate limits of requests: each is counted when it is known who calls, and every answer says so.

A refusal is raised as `LimitReached`, so that a face answers it in the form of its errors.
"""

from typing import Final

from quart import Quart, Response, g
from quart.wrappers.base import BaseRequestWebsocket

from domain.accounts.identity import Identity
from domain.limits.policy import SECOND, LimitReached, LimitVerdict
from entrypoints.http.security.client_address import client_address
from entrypoints.wiring.services import services

HEADERS: Final = (
    "RateLimit",
    "RateLimit-Policy",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
)
# By blueprint: probes, what collects figures, and pages that are the same for all.
_FREE: Final = frozenset({"front_page", "health", "metrics", "pages"})


def is_free(endpoint: str | None) -> bool:
    """Return whether requests to an endpoint are not counted."""
    return endpoint is not None and endpoint.partition(".")[0] in _FREE


async def count(current: BaseRequestWebsocket, identity: Identity | None) -> None:
    """Count a request, or a message over a socket, of whoever it is, else of the address.

    Raises:
        LimitReached: there were too many.

    """
    try:
        g.limit_verdict = await services().limits.request(
            address=client_address(current),
            user_id=None if identity is None else identity.user.id,
            key=None if identity is None else identity.key,
        )
    except LimitReached as refused:
        note_refusal(refused)
        raise


def note_refusal(refused: LimitReached) -> None:
    """Let the headers of the answer tell of this limit: another than that of all requests."""
    g.limit_verdict = refused.verdict


def headers_of(verdict: LimitVerdict, now: float) -> dict[str, str]:
    """Return the headers that tell of a limit, at this Unix time.

    Those without ``X-`` are of draft-ietf-httpapi-ratelimit-headers-10.
    """
    policy, remaining = verdict.policy, str(verdict.remaining)
    return {
        "RateLimit": f'"{policy.name}";r={remaining};t={verdict.full_after}',
        "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={policy.window}',
        "X-RateLimit-Limit": str(policy.quota),
        "X-RateLimit-Remaining": remaining,
        "X-RateLimit-Reset": str(-int(-(now + verdict.until_full / SECOND) // 1)),
    }


async def _tell(response: Response) -> Response:
    if (verdict := g.get("limit_verdict")) is not None:
        response.headers.update(headers_of(verdict, services().clock.now().timestamp()))
    return response


async def _tell_refused_socket(response: Response | None) -> Response | None:
    return None if response is None else await _tell(response)


def install_limits(app: Quart) -> None:
    """Tell of the limit in every answer to a request that was counted."""
    app.after_request(_tell)
    app.after_websocket(_tell_refused_socket)  # type: ignore[type-var]  # the library says None too
