"""The tables of connected accounts, and of connections that have been begun."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from adapters.persistence.models.people import SessionRow


class ConnectedAccountRow(Model):
    """A user's own access to a service that a plugin's tools use, encrypted.

    ``scopes`` are separated by spaces, as OAuth has them. Until ``renewed_until`` one worker renews
    the access. Nothing sealed: the service accepts it no more, and ``problem`` says so.
    """

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    plugin = fields.TextField()
    name = fields.CharField(max_length=64)
    terms = fields.CharField(max_length=64)
    sealed = fields.BinaryField(null=True)
    scopes = fields.TextField()
    connected_at = fields.DatetimeField()
    problem = fields.TextField()
    revision = fields.IntField()
    renewed_until = fields.DatetimeField(null=True)

    class Meta:
        """The name; a user has one of each."""

        table = "connected_accounts"
        unique_together: ClassVar = [("user_id", "plugin", "name")]


class PendingConnectionRow(Model):
    """A user who has been sent to a service: what is sealed is needed when they come back."""

    id = fields.BigIntField(primary_key=True)
    fingerprint = fields.CharField(max_length=128, unique=True)
    session: fields.ForeignKeyRelation[SessionRow] = fields.ForeignKeyField(
        "puerto.SessionRow", related_name="pending_connections"
    )
    plugin = fields.TextField()
    name = fields.CharField(max_length=64)
    sealed = fields.BinaryField()
    access_until = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        """The name; a login begins one for each account at a time."""

        table = "pending_connections"
        unique_together: ClassVar = [("session_id", "plugin", "name")]
