"""The tables of runs, their events, consents and artifacts."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from adapters.persistence.models.conversations import ConversationRow


class RunRow(Model):
    """A run without its events. A direct run has no conversation and no message.

    ``active_in`` is the conversation as long as the run is not final, then null: being unique,
    it lets one run be active in a conversation. ``leased_until`` is null from then on, too, and
    while the run waits for a human. ``place`` is the number of the run's question in the
    conversation, which orders its runs whatever the workers' clocks say; null of a direct run.
    ``outcome`` is a JSON object, null while the run is active. ``key_id`` is the API key that the
    run was started with, and ``agent`` the name of its agent; both null where there is none.
    ``events_state`` is null while the events are kept, then ``expiring`` until the last is deleted,
    then ``expired``.
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
    place = fields.IntField(null=True)
    outcome = fields.TextField(null=True)
    key_id = fields.UUIDField(null=True)
    agent = fields.TextField(null=True)
    events_state = fields.CharField(max_length=16, null=True)

    class Meta:
        """The name, the orders of lists and of a conversation's runs, and those by their end."""

        table = "runs"
        indexes: ClassVar = [
            ("user_id", "created_at", "id"),
            ("user_id", "status", "created_at", "id"),
            ("conversation_id", "place"),
            ("events_state", "finished_at"),
        ]


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
    """A question to a human about a call, and later the answer.

    ``form`` is a JSON object: what the person is shown beyond the columns. ``answer`` is another:
    the values that answer a question of the tool itself.
    """

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
    form = fields.TextField(null=True)
    answer = fields.TextField(null=True)

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
        """The name, and the order in which they get old."""

        table = "artifacts"
        indexes: ClassVar = [("created_at",)]
