from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0004_switches')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ArtifactRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('run', fields.ForeignKeyField('puerto.RunRow', source_field='run_id', db_index=True, db_constraint=True, to_field='id', related_name='artifacts', on_delete=OnDelete.CASCADE)),
                ('user_id', fields.UUIDField(db_index=True)),
                ('call_id', fields.TextField(unique=False)),
                ('name', fields.TextField(unique=False)),
                ('media_type', fields.TextField(unique=False)),
                ('size', fields.IntField()),
                ('data', fields.BinaryField()),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'artifacts', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'A file that a tool made, at most 10 MB of it.'},
            bases=['Model'],
        ),
    ]
