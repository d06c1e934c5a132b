"""Endpoints of webhooks: where they are, what they want to be told, and how they fare."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.notifications.notices import NoticeType

MOST_WEBHOOKS: Final = 50
ALL: Final = "*"


class DisabledReason(StrEnum):
    """Why an endpoint is sent nothing."""

    OPERATOR = "operator"  # somebody switched it off
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # it accepted nothing for five days


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint. ``sealed`` holds its keys, encrypted; ``events`` are subscriptions.

    ``failing_since`` is when the first of the tries failed since the last success; None: none did.
    """

    id: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    description: str
    sealed: bytes = field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: DisabledReason | None = None
    failing_since: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        """Tell whether it is sent anything."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class WebhookEdit:
    """A change of an endpoint; None leaves a field as it is."""

    url: str | None = None
    events: Sequence[str] | None = None
    description: str | None = None
    enabled: bool | None = None


def family_of(type_: str) -> str:
    """Return the subscription to all types that begin like this one: ``run.*``."""
    return f"{type_.partition('.')[0]}.{ALL}"


def subscriptions() -> Sequence[str]:
    """Return everything that an endpoint may subscribe to."""
    types = [each.value for each in NoticeType]
    families = dict.fromkeys(map(family_of, types))
    return [ALL, *families, *types]
