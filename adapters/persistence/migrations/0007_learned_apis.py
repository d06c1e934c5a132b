from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0006_monitoring')]

    initial = False

    operations = [
        ops.CreateModel(
            name='LearnedApiRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('name', fields.CharField(unique=True, max_length=200)),
                ('source', fields.TextField(unique=False)),
                ('settings', fields.TextField(unique=False)),
                ('user_id', fields.UUIDField()),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('learned_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.UUIDField()),
                ('title', fields.TextField(unique=False)),
                ('digest', fields.CharField(max_length=64)),
                ('waiting', fields.CharField(max_length=64)),
                ('endpoints', fields.IntField()),
                ('tools', fields.IntField()),
                ('revision', fields.IntField()),
                ('problem', fields.TextField(unique=False)),
                ('version', fields.BinaryField()),
                ('waiting_version', fields.BinaryField(null=True)),
            ],
            options={'table': 'learned_apis', 'app': 'puerto', 'indexes': [Index(fields=['created_at', 'id'])], 'pk_attr': 'id', 'table_description': 'A learned API: a JSON object of ``settings``, and its versions packed, one of them waiting.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LearnedApiKeysRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('api', fields.ForeignKeyField('puerto.LearnedApiRow', source_field='api_id', db_constraint=True, to_field='id', related_name='keys', on_delete=OnDelete.CASCADE)),
                ('owner', fields.CharField(max_length=64)),
                ('schemes', fields.TextField(unique=False)),
                ('sealed', fields.BinaryField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'learned_api_keys', 'app': 'puerto', 'unique_together': [('api_id', 'owner')], 'pk_attr': 'id', 'table_description': 'Credentials for a learned API, encrypted: those of the operator have no owner.'},
            bases=['Model'],
        ),
    ]
