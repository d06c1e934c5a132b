"""The tables of webhooks: endpoints, and the deliveries to them."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class WebhookRow(Model):
    """An endpoint of operators, which is told what happens.

    ``events`` are words with a space before and after each, ``sealed`` its keys, encrypted.
    """

    id = fields.UUIDField(primary_key=True)
    url = fields.TextField()
    events = fields.TextField()
    description = fields.TextField()
    sealed = fields.BinaryField()
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)
    disabled_reason = fields.CharField(max_length=16, null=True)
    failing_since = fields.DatetimeField(null=True)

    class Meta:
        """The name."""

        table = "webhooks"


class DeliveryRow(Model):
    """A notice to one endpoint, written in the transaction of what it tells: an outbox.

    ``number`` orders those of one lane. ``leased_until`` is null once it is settled; before that it
    is due from then on. ``worker_id`` is empty unless a worker is sending it. ``data`` is a JSON
    object; ``user_id`` is of the user whom it names, if any. The endpoint is no foreign key: who
    writes a delivery must not wait for its removal.
    """

    number = fields.BigIntField(primary_key=True)
    id = fields.UUIDField(unique=True)
    webhook_id = fields.UUIDField()
    type = fields.CharField(max_length=64)
    lane = fields.CharField(max_length=255)
    user_id = fields.UUIDField(null=True, db_index=True)
    data = fields.TextField()
    created_at = fields.DatetimeField()
    status = fields.CharField(max_length=16)
    attempt = fields.IntField()
    worker_id = fields.CharField(max_length=128)
    leased_until = fields.DatetimeField(null=True, db_index=True)
    tries = fields.IntField()
    settled_at = fields.DatetimeField(null=True, db_index=True)
    answer = fields.IntField(null=True)
    error = fields.TextField()

    class Meta:
        """The name, the order of a lane, and that of an endpoint's list."""

        table = "deliveries"
        indexes: ClassVar = [
            ("webhook_id", "lane", "number"),
            ("webhook_id", "created_at", "id"),
        ]
