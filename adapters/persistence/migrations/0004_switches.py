from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0003_preferences')]

    initial = False

    operations = [
        ops.CreateModel(
            name='SwitchRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=16)),
                ('name', fields.TextField(unique=False)),
                ('is_on', fields.BooleanField(default=True)),
                ('reason', fields.TextField(default='', unique=False)),
                ('generation', fields.IntField(default=0)),
            ],
            options={'table': 'switches', 'app': 'puerto', 'unique_together': [('kind', 'name')], 'pk_attr': 'id', 'table_description': 'How one plugin or tool is set, or (kind ``search``, no name) all of them are to be found.'},
            bases=['Model'],
        ),
    ]
