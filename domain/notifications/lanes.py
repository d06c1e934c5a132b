"""Lanes: notices of one lane reach a webhook in the order in which they happened."""

from domain.notifications.notices import Notice

_LANES = ("run_id", "conversation_id", "api_id", "plugin", "webhook_id")


def lane_of(notice: Notice) -> str:
    """Return the lane of a notice: its run, else the conversation, API or plugin that it is of."""
    named = (notice.data.get(name) for name in _LANES)
    return next((str(value) for value in named if value), "")
