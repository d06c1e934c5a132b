"""The tables of learned APIs, their versions and operations, and credentials."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class LearnedApiRow(Model):
    """A learned API: a JSON object of ``settings``. Its versions are rows of their own.

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

    class Meta:
        """The name, and the order of the list."""

        table = "learned_apis"
        indexes: ClassVar = [("created_at", "id")]


class LearnedVersionRow(Model):
    """What one document gave: the version in use, or the one that waits to be accepted.

    ``schemes`` is a JSON list.
    """

    id = fields.UUIDField(primary_key=True)
    api: fields.ForeignKeyRelation[LearnedApiRow] = fields.ForeignKeyField(
        "puerto.LearnedApiRow", related_name="versions"
    )
    waits = fields.BooleanField()
    digest = fields.CharField(max_length=64)
    title = fields.TextField()
    schemes = fields.TextField()

    class Meta:
        """The name; an API has one version in use, and one that waits at most."""

        table = "learned_versions"
        unique_together: ClassVar = [("api_id", "waits")]


class LearnedOperationRow(Model):
    """An operation of a version, in the order of the document, those that are skipped at the end.

    ``about`` is a JSON object of what is told of it, ``call`` how it is called, in the words of
    whoever reads documents; null of one that is skipped.
    """

    id = fields.BigIntField(primary_key=True)
    version: fields.ForeignKeyRelation[LearnedVersionRow] = fields.ForeignKeyField(
        "puerto.LearnedVersionRow", related_name="operations"
    )
    number = fields.IntField()
    about = fields.BinaryField()
    call = fields.BinaryField(null=True)

    class Meta:
        """The name, and the order."""

        table = "learned_operations"
        unique_together: ClassVar = [("version_id", "number")]


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
