"""The tables of idempotency keys and of the audit."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from domain.shared.idempotency import KEY_LENGTH


class AnswerRow(Model):
    """What came of a request with an idempotency key, null while it is under way."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.UUIDField()
    key = fields.CharField(max_length=KEY_LENGTH)
    fingerprint = fields.TextField()
    created_at = fields.DatetimeField(db_index=True)
    outcome = fields.TextField(null=True)

    class Meta:
        """The name; a user's key names one request."""

        table = "answers"
        unique_together: ClassVar = [("user_id", "key")]


class AuditRow(Model):
    """A decision about a call. It outlives the run: nothing here is a foreign key."""

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    user_id = fields.UUIDField()
    username = fields.TextField()
    run_id = fields.UUIDField()
    call_id = fields.TextField()
    tool = fields.TextField()
    effect = fields.CharField(max_length=16)
    params = fields.TextField()
    digest = fields.CharField(max_length=64)
    decision = fields.CharField(max_length=16)
    rule = fields.TextField()

    class Meta:
        """The name, and the order of the list."""

        table = "audit"
        indexes: ClassVar = [("at", "id")]
