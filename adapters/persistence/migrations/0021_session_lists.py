from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0020_retention')]

    initial = False

    operations = [
        ops.CreateModel(
            name='PasswordResetRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user_id', fields.UUIDField(unique=True)),
                ('fingerprint', fields.CharField(unique=True, max_length=128)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'password_resets', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'What lets a user set a new password, once: only the fingerprint of it.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='SessionRow',
            name='last_used_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='SessionRow',
            name='network',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='SessionRow',
            name='user_agent',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
