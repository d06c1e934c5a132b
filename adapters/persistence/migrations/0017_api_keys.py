from tortoise import migrations
from tortoise.migrations import operations as ops
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0016_plugin_settings')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ApiKeyRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user_id', fields.UUIDField(db_index=True)),
                ('name', fields.TextField(unique=False)),
                ('fingerprint', fields.CharField(unique=True, max_length=128)),
                ('beginning', fields.CharField(max_length=16)),
                ('ending', fields.CharField(max_length=16)),
                ('scopes', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('last_used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'api_keys', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'An API key of a user: only its fingerprint, and the characters that lists show.'},
            bases=['Model'],
        ),
    ]
