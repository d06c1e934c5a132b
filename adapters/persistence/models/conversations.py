"""The tables of conversations and messages."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


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
    sampling = fields.TextField(null=True)

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
    model_text = fields.TextField(null=True)

    class Meta:
        """The name, and the place in the conversation."""

        table = "messages"
        unique_together: ClassVar = [("conversation_id", "number")]
