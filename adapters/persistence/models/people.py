"""The tables of users, their identities elsewhere, login sessions, tickets and API keys."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class UserRow(Model):
    """A person or program with an account. E-mail address and user name are lower case."""

    id = fields.UUIDField(primary_key=True)
    email = fields.CharField(max_length=320, unique=True)
    username = fields.CharField(max_length=320, unique=True)
    full_name = fields.TextField()
    role = fields.CharField(max_length=16)
    password_hash = fields.TextField()
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    class Meta:
        """The name, and the order of the list of users."""

        table = "users"
        indexes: ClassVar = [("created_at", "id")]


class SessionRow(Model):
    """A login. The fingerprint before the current one tells a stolen token."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "puerto.UserRow", related_name="sessions", db_index=True
    )
    fingerprint = fields.CharField(max_length=128, unique=True)
    previous_fingerprint = fields.CharField(max_length=128, null=True, db_index=True)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    user_agent = fields.TextField(null=True)
    network = fields.CharField(max_length=64, null=True)
    last_used_at = fields.DatetimeField(null=True)
    ends_at = fields.DatetimeField(null=True)

    class Meta:
        """The name, and the order in which they end."""

        table = "sessions"
        indexes: ClassVar = [("expires_at",)]


class PasswordResetRow(Model):
    """What lets a user set a new password, once: only the fingerprint of it."""

    id = fields.BigIntField(primary_key=True)
    user_id = fields.UUIDField(unique=True)
    fingerprint = fields.CharField(max_length=128, unique=True)
    expires_at = fields.DatetimeField()

    class Meta:
        """The name; a user has one at most."""

        table = "password_resets"


class TicketRow(Model):
    """What opens one stream, once: only the fingerprint of it. It goes when it is used."""

    id = fields.BigIntField(primary_key=True)
    fingerprint = fields.CharField(max_length=128, unique=True)
    session: fields.ForeignKeyRelation[SessionRow] = fields.ForeignKeyField(
        "puerto.SessionRow", related_name="tickets", db_index=True
    )
    path = fields.TextField()
    access_until = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        """The name."""

        table = "tickets"


class ForeignIdentityRow(Model):
    """Who a user is at another provider, and when the token was issued that decided the role."""

    id = fields.BigIntField(primary_key=True)
    issuer = fields.CharField(max_length=500)
    subject = fields.CharField(max_length=255)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "puerto.UserRow", related_name="foreign_identities", db_index=True
    )
    role_at = fields.DatetimeField()

    class Meta:
        """The name, and what is unique."""

        table = "foreign_identities"
        unique_together = (("issuer", "subject"),)


class ApiKeyRow(Model):
    """An API key of a user: only its fingerprint, and the characters that lists show."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField(db_index=True)
    name = fields.TextField()
    fingerprint = fields.CharField(max_length=128, unique=True)
    beginning = fields.CharField(max_length=16)
    ending = fields.CharField(max_length=16)
    scopes = fields.TextField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        """The name."""

        table = "api_keys"
