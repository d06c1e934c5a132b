from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0014_guarded_messages')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ConnectedAccountRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user_id', fields.UUIDField()),
                ('plugin', fields.TextField(unique=False)),
                ('name', fields.CharField(max_length=64)),
                ('terms', fields.CharField(max_length=64)),
                ('sealed', fields.BinaryField(null=True)),
                ('scopes', fields.TextField(unique=False)),
                ('connected_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('problem', fields.TextField(unique=False)),
                ('revision', fields.IntField()),
                ('renewed_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'connected_accounts', 'app': 'puerto', 'unique_together': [('user_id', 'plugin', 'name')], 'pk_attr': 'id', 'table_description': "A user's own access to a service that a plugin's tools use, encrypted."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PendingConnectionRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('fingerprint', fields.CharField(unique=True, max_length=128)),
                ('session', fields.ForeignKeyField('puerto.SessionRow', source_field='session_id', db_constraint=True, to_field='id', related_name='pending_connections', on_delete=OnDelete.CASCADE)),
                ('plugin', fields.TextField(unique=False)),
                ('name', fields.CharField(max_length=64)),
                ('sealed', fields.BinaryField()),
                ('access_until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'pending_connections', 'app': 'puerto', 'unique_together': [('session_id', 'plugin', 'name')], 'pk_attr': 'id', 'table_description': 'A user who has been sent to a service: what is sealed is needed when they come back.'},
            bases=['Model'],
        ),
    ]
