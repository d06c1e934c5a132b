"""Errors of the clouds as `ToolFailed`, with messages that say who must act."""

from domain.shared.errors import ToolFailed
from domain.shared.json_values import storable

_DETAIL_LENGTH = 500


def no_credentials(cloud: str, advice: str) -> ToolFailed:
    """Return the error for a cloud SDK that finds no credentials at all."""
    return ToolFailed(
        f"This service has no credentials for {cloud}. Its operator must provide them: {advice}"
    )


def bad_credentials(cloud: str, detail: str) -> ToolFailed:
    """Return the error for invalid or expired credentials."""
    return ToolFailed(
        f"{cloud} does not accept the credentials of this service; its operator must renew them. "
        f"{_short(detail)}"
    )


def not_allowed(cloud: str, detail: str) -> ToolFailed:
    """Return the error for valid credentials that lack the permission."""
    return ToolFailed(
        f"{cloud} does not let this service do that; an administrator of the {cloud} account must "
        f"grant it. {_short(detail)}"
    )


def throttled(cloud: str) -> ToolFailed:
    """Return the error for a request beyond the cloud's rate limit."""
    return ToolFailed(f"{cloud} gets too many requests from this account. Try again in a minute.")


def unreachable(cloud: str, detail: str) -> ToolFailed:
    """Return the error for a cloud that cannot be reached, or does not answer in time."""
    return ToolFailed(f"{cloud} did not answer. Try again, or ask the operator. {_short(detail)}")


def refused(cloud: str, detail: str) -> ToolFailed:
    """Return the error for a request that the cloud rejects."""
    return ToolFailed(f"{cloud} refused: {_short(detail)}")


def of_status(cloud: str, status: int | None, detail: str) -> ToolFailed:
    """Return the error for the HTTP status of a cloud's answer; None: it is not known."""
    match status:
        case 401:
            return bad_credentials(cloud, detail)
        case 403:
            return not_allowed(cloud, detail)
        case 429:
            return throttled(cloud)
        case _:
            return refused(cloud, detail)


def _short(detail: str) -> str:
    text = storable(" ".join(detail.split()))
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 1] + "…"
