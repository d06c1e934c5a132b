"""The bodies of requests and answers about webhooks."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from domain.shared.paging import DEFAULT_LIMIT
from domain.webhooks.delivery import Delivery
from domain.webhooks.endpoint import Webhook, subscriptions
from entrypoints.encoding import time_text
from entrypoints.http.fields import Id, Limit, NextCursor, RequestBody, Timestamp, example

_SUBSCRIPTIONS: Final = tuple(subscriptions())
_EXAMPLE_URL: Final = "https://example.org/hooks/puerto"


def _known_event(name: str) -> str:
    if name not in _SUBSCRIPTIONS:
        raise ValueError(f"there is no such event; there are {', '.join(_SUBSCRIPTIONS)}")
    return name


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("it must be a time of RFC 3339, such as 2026-11-20T10:15:30Z")  # noqa: TRY004  pydantic's
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("it must be a time of RFC 3339 with its zone, such as 2026-11-20T10:15:30Z")


EventName = Annotated[
    str,
    AfterValidator(_known_event),
    WithJsonSchema({"type": "string", "enum": list(_SUBSCRIPTIONS)}),
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Url = Annotated[
    str,
    Field(min_length=1, max_length=2000, description="http or https; the SSRF guard allows it."),
]
Events = Annotated[
    list[EventName],
    Field(
        min_length=1,
        max_length=len(_SUBSCRIPTIONS),
        description="Which events it is sent: single ones, all of a kind (`run.*`), or all (`*`).",
    ),
]
Secret = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="`whsec_` and base64 of 24 to 64 bytes, or any text, of which a key is made.",
    ),
]
Description = Annotated[str, Field(max_length=300)]


class WebhookView(BaseModel):
    """A webhook, without its secret."""

    id: Id
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_reason: Literal["operator", "gone", "failing"] | None = Field(
        description="`operator`: somebody switched it off; `gone`: it answered 410; `failing`: it "
        "accepted nothing for five days; null: it is enabled."
    )
    failing_since: Timestamp | None = Field(
        description="When the first try failed since the last success; null: none did."
    )
    created_at: Timestamp


class WebhookList(BaseModel):
    """All webhooks, the newest first."""

    webhooks: list[WebhookView]


class WebhookWithSecret(WebhookView):
    """A webhook with a new secret, which is shown this once."""

    secret: str = Field(description="`whsec_...`: what the receiver verifies with.")


class NewWebhook(RequestBody):
    """A webhook to be added."""

    model_config = example({"url": _EXAMPLE_URL, "events": ["run.completed", "alert.*"]})

    url: Url
    events: Events
    description: Description = ""
    secret: Secret | None = Field(None, description="Not given: a random one is made.")


class WebhookChange(RequestBody):
    """A change of a webhook; what is not given stays."""

    model_config = example({"events": ["*"], "enabled": True})

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(
        None,
        description="false: it is sent nothing, and what is pending is parked. true: it is sent "
        "what happens from now on.",
    )


class NewSecret(RequestBody):
    """The next secret of a webhook."""

    model_config = example({})

    secret: Secret | None = Field(None, description="Not given: a random one is made.")


class RedeliverySince(RequestBody):
    """Which parked deliveries to send again."""

    model_config = example({"since": "2026-11-20T10:15:30Z"})

    since: Moment


class RedeliveryAnswer(BaseModel):
    """How many deliveries are sent again."""

    redelivered: int


class DeliveryQuery(BaseModel):
    """Page of deliveries."""

    limit: Limit = DEFAULT_LIMIT
    cursor: (
        Annotated[
            str,
            Field(
                description="Where to go on: `next_cursor` of the page before, as it came.",
                json_schema_extra={"pattern": "^d[0-9a-f]{46}$"},
            ),
        ]
        | None
    ) = None
    status: Literal["pending", "delivered", "parked"] | None = Field(
        None, description="Only those of this status."
    )


class DeliveryView(BaseModel):
    """One event, sent or to be sent to one webhook."""

    id: Id = Field(description="The header `webhook-id` of each try.")
    webhook_id: Id
    type: str = Field(description="The event, or `webhook.test`.")
    data: dict[str, Any] = Field(description="As it is sent.")
    status: Literal["pending", "delivered", "parked"] = Field(
        description="`parked`: given up, until it is redelivered."
    )
    tries: int = Field(description="How many have ended.")
    next_try_at: Timestamp | None = Field(
        description="Not before then; null unless it is pending and was tried."
    )
    answer: int | None = Field(description="The HTTP status of the last try; null: there was none.")
    error: str = Field(description="Why the last try failed; empty if it did not.")
    created_at: Timestamp = Field(description="When it happened.")
    settled_at: Timestamp | None = Field(description="When it was delivered or parked.")


class DeliveryList(BaseModel):
    """Deliveries to a webhook, the newest first."""

    deliveries: list[DeliveryView]
    next_cursor: NextCursor


def webhook_view(webhook: Webhook) -> dict[str, Any]:
    """Encode a webhook."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "description": webhook.description,
        "enabled": webhook.is_enabled,
        "disabled_reason": webhook.disabled_reason,
        "failing_since": _time(webhook.failing_since),
        "created_at": time_text(webhook.created_at),
    }


def delivery_view(delivery: Delivery) -> dict[str, Any]:
    """Encode a delivery."""
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "type": delivery.type,
        "data": dict(delivery.data),
        "status": delivery.status,
        "tries": delivery.tries,
        "next_try_at": _time(delivery.next_try_at) if delivery.tries else None,
        "answer": delivery.answer,
        "error": delivery.error,
        "created_at": time_text(delivery.created_at),
        "settled_at": _time(delivery.settled_at),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)
