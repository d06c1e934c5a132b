"""The tables. Rows never leave this package: the repositories return the core's records.

Ids are UUIDv7 made by the core; times are UTC. JSON is kept as text, written by `codec`:
PostgreSQL's own JSON types refuse the character U+0000, which a tool may well return.
Owners (``user_id``) are no foreign keys: a token may name a user of another identity provider.
"""

from typing import ClassVar, Final

from tortoise import fields
from tortoise.models import Model

from domain.idempotency import KEY_LENGTH


class UserRow(Model):
    """A person or program with an account. E-mail address and user name are lower case."""

    id = fields.UUIDField(primary_key=True)
    email = fields.CharField(max_length=320, unique=True)
    username = fields.CharField(max_length=320, unique=True)
    full_name = fields.TextField()
    role = fields.CharField(max_length=16)
    password_hash = fields.TextField()
    created_at = fields.DatetimeField()

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

    class Meta:
        """The name."""

        table = "sessions"


class ConversationRow(Model):
    """A titled row of messages. The count and the preview spare the list of them a join."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    title = fields.TextField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    message_count = fields.IntField(default=0)
    last_message_preview = fields.TextField(default="")
    provider = fields.TextField(null=True)
    model = fields.TextField(null=True)

    class Meta:
        """The name, and the order of a user's list."""

        table = "conversations"
        indexes: ClassVar = [("user_id", "updated_at", "id")]


class MessageRow(Model):
    """One thing said, the ``number``-th of its conversation."""

    id = fields.UUIDField(primary_key=True)
    conversation: fields.ForeignKeyRelation[ConversationRow] = fields.ForeignKeyField(
        "puerto.ConversationRow", related_name="messages"
    )
    number = fields.IntField()
    role = fields.CharField(max_length=16)
    content = fields.TextField()
    created_at = fields.DatetimeField()
    run_id = fields.UUIDField(null=True)
    tool_calls = fields.TextField()
    results = fields.TextField()

    class Meta:
        """The name, and the place in the conversation."""

        table = "messages"
        unique_together: ClassVar = [("conversation_id", "number")]


class RunRow(Model):
    """A run without its events. A direct run has no conversation and no message.

    ``active_in`` is the conversation as long as the run is not final, then null: being unique,
    it lets one run be active in a conversation. ``leased_until`` is null from then on, too, and
    while the run waits for a human.
    """

    id = fields.UUIDField(primary_key=True)
    conversation: fields.ForeignKeyNullableRelation[ConversationRow] = fields.ForeignKeyField(
        "puerto.ConversationRow", related_name="runs", db_index=True, null=True
    )
    user_id = fields.UUIDField()
    message_id = fields.UUIDField(null=True)
    status = fields.CharField(max_length=32)
    attempt = fields.IntField()
    worker_id = fields.CharField(max_length=128)
    leased_until = fields.DatetimeField(null=True, db_index=True)
    active_in = fields.UUIDField(null=True, unique=True)
    cancel_requested = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        """The name."""

        table = "runs"


class RunEventsRow(Model):
    """The events of one append, by number: ``bodies`` is a JSON array."""

    id = fields.BigIntField(primary_key=True)
    run: fields.ForeignKeyRelation[RunRow] = fields.ForeignKeyField(
        "puerto.RunRow", related_name="events"
    )
    first_number = fields.IntField()
    last_number = fields.IntField()
    attempt = fields.IntField()
    bodies = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        """The name; two appends cannot begin at the same number."""

        table = "run_events"
        unique_together: ClassVar = [("run_id", "first_number")]


class ConsentRow(Model):
    """A question to a human about a call, and later the answer."""

    id = fields.UUIDField(primary_key=True)
    run: fields.ForeignKeyRelation[RunRow] = fields.ForeignKeyField(
        "puerto.RunRow", related_name="consents", db_index=True
    )
    call_id = fields.TextField()
    user_id = fields.UUIDField()
    kind = fields.CharField(max_length=16)
    tool = fields.TextField()
    version = fields.TextField()
    params = fields.TextField()
    original_params = fields.TextField(null=True)
    effect = fields.CharField(max_length=16)
    reason = fields.TextField()
    preview = fields.TextField()
    digest = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    status = fields.CharField(max_length=16)
    answer_reason = fields.TextField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        """The name, the order of a user's list, and what the sweep looks for."""

        table = "consents"
        indexes: ClassVar = [("user_id", "created_at", "id"), ("status", "expires_at")]


class ArtifactRow(Model):
    """A file that a tool made, at most 10 MB of it."""

    id = fields.UUIDField(primary_key=True)
    run: fields.ForeignKeyRelation[RunRow] = fields.ForeignKeyField(
        "puerto.RunRow", related_name="artifacts", db_index=True
    )
    user_id = fields.UUIDField(db_index=True)
    call_id = fields.TextField()
    name = fields.TextField()
    media_type = fields.TextField()
    size = fields.IntField()
    data = fields.BinaryField()
    created_at = fields.DatetimeField()

    class Meta:
        """The name."""

        table = "artifacts"


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


class ConfigurationRow(Model):
    """What operators changed: one row, its value a JSON object."""

    key = fields.CharField(max_length=64, primary_key=True)
    value = fields.TextField()

    class Meta:
        """The name."""

        table = "configuration"


class SwitchRow(Model):
    """How one plugin or tool is set, or (kind ``search``, no name) all of them are to be found."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=16)
    name = fields.TextField()
    is_on = fields.BooleanField(default=True)
    reason = fields.TextField(default="")
    generation = fields.IntField(default=0)

    class Meta:
        """The name; a thing has one switch."""

        table = "switches"
        unique_together: ClassVar = [("kind", "name")]


class RoundRow(Model):
    """When work that one worker of all does, again and again, is due next."""

    name = fields.CharField(max_length=64, primary_key=True)
    due_at = fields.DatetimeField()

    class Meta:
        """The name."""

        table = "rounds"


class SourceRow(Model):
    """A plugin that is asked for figures and alerts, and its last figures (a JSON object)."""

    plugin = fields.CharField(max_length=255, primary_key=True)
    at = fields.DatetimeField()
    figures = fields.TextField()
    problem = fields.TextField()

    class Meta:
        """The name."""

        table = "sources"


class AlertRow(Model):
    """An alert as a plugin last reported it, with a JSON object of ``details``."""

    id = fields.BigIntField(primary_key=True)
    plugin = fields.CharField(max_length=255)
    key = fields.CharField(max_length=500)
    severity = fields.CharField(max_length=16)
    title = fields.TextField()
    details = fields.TextField()
    since = fields.DatetimeField()

    class Meta:
        """The name; a plugin's key names one thing."""

        table = "alerts"
        unique_together: ClassVar = [("plugin", "key")]


class PulseRow(Model):
    """What a worker does, and a JSON object of the providers ``failing`` and why."""

    worker_id = fields.UUIDField(primary_key=True)
    started_at = fields.DatetimeField()
    at = fields.DatetimeField()
    runs = fields.IntField()
    streams = fields.IntField()
    failing = fields.TextField()

    class Meta:
        """The name."""

        table = "pulses"


class TotalRow(Model):
    """How often something was counted since the beginning."""

    name = fields.CharField(max_length=64, primary_key=True)
    value = fields.BigIntField()

    class Meta:
        """The name."""

        table = "totals"


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


TABLES: Final = {
    str(model._meta.db_table): ", ".join(  # noqa: SLF001  the ORM's documented access
        sorted(model._meta.fields_db_projection.values())  # noqa: SLF001
    )
    for model in (
        UserRow,
        SessionRow,
        ConversationRow,
        MessageRow,
        RunRow,
        RunEventsRow,
        ConsentRow,
        ArtifactRow,
        AnswerRow,
        AuditRow,
        ConfigurationRow,
        SwitchRow,
        RoundRow,
        SourceRow,
        AlertRow,
        PulseRow,
        TotalRow,
        LearnedApiRow,
        LearnedApiKeysRow,
    )
}
