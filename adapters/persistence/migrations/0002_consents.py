from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AnswerRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user_id', fields.UUIDField()),
                ('key', fields.CharField(max_length=255)),
                ('fingerprint', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('outcome', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'answers', 'app': 'puerto', 'unique_together': [('user_id', 'key')], 'pk_attr': 'id', 'table_description': 'What came of a request with an idempotency key, null while it is under way.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('user_id', fields.UUIDField()),
                ('username', fields.TextField(unique=False)),
                ('run_id', fields.UUIDField()),
                ('call_id', fields.TextField(unique=False)),
                ('tool', fields.TextField(unique=False)),
                ('effect', fields.CharField(max_length=16)),
                ('params', fields.TextField(unique=False)),
                ('digest', fields.CharField(max_length=64)),
                ('decision', fields.CharField(max_length=16)),
                ('rule', fields.TextField(unique=False)),
            ],
            options={'table': 'audit', 'app': 'puerto', 'indexes': [Index(fields=['at', 'id'])], 'pk_attr': 'id', 'table_description': 'A decision about a call. It outlives the run: nothing here is a foreign key.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ConsentRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('run', fields.ForeignKeyField('puerto.RunRow', source_field='run_id', db_index=True, db_constraint=True, to_field='id', related_name='consents', on_delete=OnDelete.CASCADE)),
                ('call_id', fields.TextField(unique=False)),
                ('user_id', fields.UUIDField()),
                ('kind', fields.CharField(max_length=16)),
                ('tool', fields.TextField(unique=False)),
                ('version', fields.TextField(unique=False)),
                ('params', fields.TextField(unique=False)),
                ('original_params', fields.TextField(null=True, unique=False)),
                ('effect', fields.CharField(max_length=16)),
                ('reason', fields.TextField(unique=False)),
                ('preview', fields.TextField(unique=False)),
                ('digest', fields.CharField(max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('status', fields.CharField(max_length=16)),
                ('answer_reason', fields.TextField(unique=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'consents', 'app': 'puerto', 'indexes': [Index(fields=['user_id', 'created_at', 'id']), Index(fields=['status', 'expires_at'])], 'pk_attr': 'id', 'table_description': 'A question to a human about a call, and later the answer.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='RunRow',
            options={'table': 'runs', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'A run without its events. A direct run has no conversation and no message.'},
        ),
        ops.AlterField(
            model_name='RunRow',
            name='conversation',
            field=fields.ForeignKeyField('puerto.ConversationRow', source_field='conversation_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='runs', on_delete=OnDelete.CASCADE),
        ),
        ops.AlterField(
            model_name='RunRow',
            name='message_id',
            field=fields.UUIDField(null=True),
        ),
        # Added by hand: on SQLite the ORM alters a field by rebuilding the table, without its indexes.
        ops.RunSQL([
            'CREATE INDEX IF NOT EXISTS "idx_runs_leased__fe2b02" ON "runs" ("leased_until")',
            'CREATE INDEX IF NOT EXISTS "idx_runs_convers_6f59f4" ON "runs" ("conversation_id")',
        ]),
    ]
