from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0007_learned_apis')]

    initial = False

    operations = [
        ops.CreateModel(
            name='TicketRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('fingerprint', fields.CharField(unique=True, max_length=128)),
                ('session', fields.ForeignKeyField('puerto.SessionRow', source_field='session_id', db_index=True, db_constraint=True, to_field='id', related_name='tickets', on_delete=OnDelete.CASCADE)),
                ('path', fields.TextField(unique=False)),
                ('access_until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'tickets', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'What opens one stream, once: only the fingerprint of it. It goes when it is used.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='RunRow',
            name='outcome',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='RunRow',
            name='place',
            field=fields.IntField(null=True),
        ),
        ops.AddIndex(
            model_name='RunRow',
            index=Index(fields=['user_id', 'created_at', 'id']),
        ),
        ops.AddIndex(
            model_name='RunRow',
            index=Index(fields=['user_id', 'status', 'created_at', 'id']),
        ),
        ops.AddIndex(
            model_name='RunRow',
            index=Index(fields=['conversation_id', 'place']),
        ),
        # Added by hand: the runs that are there get places in their order. Each of them added a
        # message to its conversation, so these places come before those of runs to come. The
        # question of one that is active is the last message.
        ops.RunSQL(
            'UPDATE "runs" SET "place" = ranked.place FROM (SELECT "id", row_number() OVER '
            '(PARTITION BY "conversation_id" ORDER BY "created_at", "id") AS place FROM "runs" '
            'WHERE "conversation_id" IS NOT NULL) AS ranked WHERE ranked."id" = "runs"."id"'
        ),
        ops.RunSQL(
            'UPDATE "runs" SET "place" = (SELECT "message_count" FROM "conversations" '
            'WHERE "conversations"."id" = "runs"."active_in") WHERE "active_in" IS NOT NULL'
        ),
    ]
