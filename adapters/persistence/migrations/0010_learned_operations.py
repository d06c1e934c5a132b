from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

from adapters.persistence.unpacked_versions import unpack_versions

class Migration(migrations.Migration):
    dependencies = [('puerto', '0009_quarantines')]

    initial = False

    operations = [
        ops.CreateModel(
            name='LearnedVersionRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('api', fields.ForeignKeyField('puerto.LearnedApiRow', source_field='api_id', db_constraint=True, to_field='id', related_name='versions', on_delete=OnDelete.CASCADE)),
                ('waits', fields.BooleanField()),
                ('digest', fields.CharField(max_length=64)),
                ('title', fields.TextField(unique=False)),
                ('schemes', fields.TextField(unique=False)),
            ],
            options={'table': 'learned_versions', 'app': 'puerto', 'unique_together': [('api_id', 'waits')], 'pk_attr': 'id', 'table_description': 'What one document gave: the version in use, or the one that waits to be accepted.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LearnedOperationRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('version', fields.ForeignKeyField('puerto.LearnedVersionRow', source_field='version_id', db_constraint=True, to_field='id', related_name='operations', on_delete=OnDelete.CASCADE)),
                ('number', fields.IntField()),
                ('about', fields.BinaryField()),
                ('call', fields.BinaryField(null=True)),
            ],
            options={'table': 'learned_operations', 'app': 'puerto', 'unique_together': [('version_id', 'number')], 'pk_attr': 'id', 'table_description': 'An operation of a version, in the order of the document, those that are skipped at the end.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='LearnedApiRow',
            options={'table': 'learned_apis', 'app': 'puerto', 'indexes': [Index(fields=['created_at', 'id'])], 'pk_attr': 'id', 'table_description': 'A learned API: a JSON object of ``settings``. Its versions are rows of their own.'},
        ),
        ops.RunPython(unpack_versions),
        ops.RemoveField(model_name='LearnedApiRow', name='version'),
        ops.RemoveField(model_name='LearnedApiRow', name='waiting_version'),
    ]
