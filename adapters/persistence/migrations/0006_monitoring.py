from tortoise import migrations
from tortoise.migrations import operations as ops
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0005_artifacts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AlertRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('plugin', fields.CharField(max_length=255)),
                ('key', fields.CharField(max_length=500)),
                ('severity', fields.CharField(max_length=16)),
                ('title', fields.TextField(unique=False)),
                ('details', fields.TextField(unique=False)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'alerts', 'app': 'puerto', 'unique_together': [('plugin', 'key')], 'pk_attr': 'id', 'table_description': 'An alert as a plugin last reported it, with a JSON object of ``details``.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WorkerHeartbeatRow',
            fields=[
                ('worker_id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('runs', fields.IntField()),
                ('streams', fields.IntField()),
                ('failing', fields.TextField(unique=False)),
            ],
            options={'table': 'pulses', 'app': 'puerto', 'pk_attr': 'worker_id', 'table_description': 'What a worker does, and a JSON object of the providers ``failing`` and why.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RoundRow',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'rounds', 'app': 'puerto', 'pk_attr': 'name', 'table_description': 'When work that one worker of all does, again and again, is due next.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SourceRow',
            fields=[
                ('plugin', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=255)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('figures', fields.TextField(unique=False)),
                ('problem', fields.TextField(unique=False)),
            ],
            options={'table': 'sources', 'app': 'puerto', 'pk_attr': 'plugin', 'table_description': 'A plugin that is asked for figures and alerts, and its last figures (a JSON object).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TotalRow',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ('value', fields.BigIntField()),
            ],
            options={'table': 'totals', 'app': 'puerto', 'pk_attr': 'name', 'table_description': 'How often something was counted since the beginning.'},
            bases=['Model'],
        ),
    ]
