from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0011_disabled_users')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ConsentRow',
            name='form',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
