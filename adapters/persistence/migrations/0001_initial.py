from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='ConfigurationRow',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('value', fields.TextField(unique=False)),
            ],
            options={'table': 'configuration', 'app': 'puerto', 'pk_attr': 'key', 'table_description': 'What operators changed: one row, its value a JSON object.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ConversationRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user_id', fields.UUIDField()),
                ('title', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('message_count', fields.IntField(default=0)),
                ('last_message_preview', fields.TextField(default='', unique=False)),
            ],
            options={'table': 'conversations', 'app': 'puerto', 'indexes': [Index(fields=['user_id', 'updated_at', 'id'])], 'pk_attr': 'id', 'table_description': 'A titled row of messages. The count and the preview spare the list of them a join.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MessageRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('conversation', fields.ForeignKeyField('puerto.ConversationRow', source_field='conversation_id', db_constraint=True, to_field='id', related_name='messages', on_delete=OnDelete.CASCADE)),
                ('number', fields.IntField()),
                ('role', fields.CharField(max_length=16)),
                ('content', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('run_id', fields.UUIDField(null=True)),
                ('tool_calls', fields.TextField(unique=False)),
                ('results', fields.TextField(unique=False)),
            ],
            options={'table': 'messages', 'app': 'puerto', 'unique_together': [('conversation_id', 'number')], 'pk_attr': 'id', 'table_description': 'One thing said, the ``number``-th of its conversation.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RunRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('conversation', fields.ForeignKeyField('puerto.ConversationRow', source_field='conversation_id', db_index=True, db_constraint=True, to_field='id', related_name='runs', on_delete=OnDelete.CASCADE)),
                ('user_id', fields.UUIDField()),
                ('message_id', fields.UUIDField()),
                ('status', fields.CharField(max_length=32)),
                ('attempt', fields.IntField()),
                ('worker_id', fields.CharField(max_length=128)),
                ('leased_until', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('active_in', fields.UUIDField(null=True, unique=True)),
                ('cancel_requested', fields.BooleanField(default=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'runs', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'A run without its events.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RunEventsRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('run', fields.ForeignKeyField('puerto.RunRow', source_field='run_id', db_constraint=True, to_field='id', related_name='events', on_delete=OnDelete.CASCADE)),
                ('first_number', fields.IntField()),
                ('last_number', fields.IntField()),
                ('attempt', fields.IntField()),
                ('bodies', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'run_events', 'app': 'puerto', 'unique_together': [('run_id', 'first_number')], 'pk_attr': 'id', 'table_description': 'The events of one append, by number: ``bodies`` is a JSON array.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='UserRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('email', fields.CharField(unique=True, max_length=320)),
                ('username', fields.CharField(unique=True, max_length=320)),
                ('full_name', fields.TextField(unique=False)),
                ('role', fields.CharField(max_length=16)),
                ('password_hash', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'users', 'app': 'puerto', 'indexes': [Index(fields=['created_at', 'id'])], 'pk_attr': 'id', 'table_description': 'A person or program with an account. E-mail address and user name are lower case.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SessionRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('puerto.UserRow', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='sessions', on_delete=OnDelete.CASCADE)),
                ('fingerprint', fields.CharField(unique=True, max_length=128)),
                ('previous_fingerprint', fields.CharField(null=True, db_index=True, max_length=128)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'sessions', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'A login. The fingerprint before the current one tells a stolen token.'},
            bases=['Model'],
        ),
    ]
