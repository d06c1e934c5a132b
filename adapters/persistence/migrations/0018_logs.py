from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0017_api_keys')]

    initial = False

    operations = [
        ops.CreateModel(
            name='LogRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('level', fields.CharField(max_length=16)),
                ('message', fields.TextField(unique=False)),
                ('request_id', fields.CharField(null=True, db_index=True, max_length=128)),
                ('run_id', fields.CharField(null=True, db_index=True, max_length=36)),
                ('metadata', fields.TextField(unique=False)),
            ],
            options={'table': 'logs', 'app': 'puerto', 'indexes': [Index(fields=['at', 'id']), Index(fields=['level', 'at', 'id'])], 'pk_attr': 'id', 'table_description': 'A record of the log, and a JSON object of ``metadata``, which has both ids, too.'},
            bases=['Model'],
        ),
    ]
