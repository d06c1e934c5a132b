"""Learned APIs, and the credentials for them."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class LearnedApiRow(Model):
    """A learned API: a JSON object of ``settings``, and its versions packed, one of them waiting.

    ``digest`` and ``waiting`` tell the versions' documents from others; ``waiting`` may be empty.
    """

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=200, unique=True)
    source = fields.TextField()
    settings = fields.TextField()
    user_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    learned_at = fields.DatetimeField()
    updated_by = fields.UUIDField()
    title = fields.TextField()
    digest = fields.CharField(max_length=64)
    waiting = fields.CharField(max_length=64)
    endpoints = fields.IntField()
    tools = fields.IntField()
    revision = fields.IntField()
    problem = fields.TextField()
    version = fields.BinaryField()
    waiting_version = fields.BinaryField(null=True)

    class Meta:
        """The name, and the order of the list."""

        table = "learned_apis"
        indexes: ClassVar = [("created_at", "id")]


class LearnedApiKeysRow(Model):
    """Credentials for a learned API, encrypted: those of the operator have no owner."""

    id = fields.BigIntField(primary_key=True)
    api: fields.ForeignKeyRelation[LearnedApiRow] = fields.ForeignKeyField(
        "puerto.LearnedApiRow", related_name="keys"
    )
    owner = fields.CharField(max_length=64)
    schemes = fields.TextField()
    sealed = fields.BinaryField()
    at = fields.DatetimeField()

    class Meta:
        """The name; an owner has one set of them for an API."""

        table = "learned_api_keys"
        unique_together: ClassVar = [("api_id", "owner")]
