"""How a cloud's refusals are said: in words that name who must act."""

from domain.shared.errors import ToolFailed
from domain.shared.json_values import storable

_DETAIL_LENGTH = 500


def no_credentials(cloud: str, advice: str) -> ToolFailed:
    """Return what to raise when the library finds no credentials at all."""
    return ToolFailed(
        f"This service has no credentials for {cloud}. Its operator must provide them: {advice}"
    )


def bad_credentials(cloud: str, detail: str) -> ToolFailed:
    """Return what to raise when the credentials are wrong or have run out."""
    return ToolFailed(
        f"{cloud} does not accept the credentials of this service; its operator must renew them. "
        f"{_short(detail)}"
    )


def not_allowed(cloud: str, detail: str) -> ToolFailed:
    """Return what to raise when the credentials are good, but not for this."""
    return ToolFailed(
        f"{cloud} does not let this service do that; an administrator of the {cloud} account must "
        f"grant it. {_short(detail)}"
    )


def throttled(cloud: str) -> ToolFailed:
    """Return what to raise when there were too many requests."""
    return ToolFailed(f"{cloud} gets too many requests from this account. Try again in a minute.")


def unreachable(cloud: str, detail: str) -> ToolFailed:
    """Return what to raise when there was no answer."""
    return ToolFailed(f"{cloud} did not answer. Try again, or ask the operator. {_short(detail)}")


def refused(cloud: str, detail: str) -> ToolFailed:
    """Return what to raise when the request itself was at fault."""
    return ToolFailed(f"{cloud} refused: {_short(detail)}")


def _short(detail: str) -> str:
    text = storable(" ".join(detail.split()))
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 1] + "…"
