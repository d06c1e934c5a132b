from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0015_connected_accounts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='PluginSettingsRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('plugin', fields.CharField(unique=True, max_length=200)),
                ('sealed', fields.BinaryField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'plugin_settings', 'app': 'puerto', 'pk_attr': 'id', 'table_description': "What operators have set of one plugin's settings: an encrypted JSON object."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PluginValueRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('plugin', fields.TextField(unique=False)),
                ('owner', fields.CharField(max_length=64)),
                ('key', fields.TextField(unique=False)),
                ('value', fields.TextField(unique=False)),
            ],
            options={'table': 'plugin_values', 'app': 'puerto', 'unique_together': [('plugin', 'owner', 'key')], 'pk_attr': 'id', 'table_description': "A value of a plugin's key-value storage: of a user, or (owner empty) of all."},
            bases=['Model'],
        ),
    ]
