from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0024_buckets')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ForeignIdentityRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('issuer', fields.CharField(max_length=500)),
                ('subject', fields.CharField(max_length=255)),
                ('user', fields.ForeignKeyField('puerto.UserRow', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='foreign_identities', on_delete=OnDelete.CASCADE)),
                ('role_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'foreign_identities', 'app': 'puerto', 'unique_together': (('issuer', 'subject'),), 'pk_attr': 'id', 'table_description': "Who a user is at another provider, and when the token was issued that decided the role."},
            bases=['Model'],
        ),
    ]
