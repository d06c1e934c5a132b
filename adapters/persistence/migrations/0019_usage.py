from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

from adapters.persistence.earlier_usage import count_earlier_runs

class Migration(migrations.Migration):
    dependencies = [('puerto', '0018_logs')]

    initial = False

    operations = [
        ops.CreateModel(
            name='UsageRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('day', fields.CharField(max_length=10)),
                ('user_id', fields.CharField(max_length=36)),
                ('key_id', fields.CharField(max_length=36)),
                ('agent', fields.TextField(unique=False)),
                ('provider', fields.TextField(unique=False)),
                ('model', fields.TextField(unique=False)),
                ('tool', fields.TextField(unique=False)),
                ('answers', fields.BigIntField()),
                ('input_tokens', fields.BigIntField()),
                ('output_tokens', fields.BigIntField()),
                ('cached_tokens', fields.BigIntField()),
                ('cost_nano', fields.BigIntField()),
                ('unpriced', fields.BigIntField()),
                ('calls', fields.BigIntField()),
                ('failed', fields.BigIntField()),
            ],
            options={'table': 'usage_days', 'app': 'puerto', 'unique_together': [('day', 'user_id', 'key_id', 'agent', 'provider', 'model', 'tool')], 'pk_attr': 'id', 'table_description': 'What one user used of one model or tool on one day in UTC, with one key and agent.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='RunRow',
            name='agent',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='RunRow',
            name='key_id',
            field=fields.UUIDField(null=True),
        ),
        ops.RunPython(count_earlier_runs),
    ]
