from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0008_run_outcomes')]

    initial = False

    operations = [
        ops.AddField(
            model_name='SwitchRow',
            name='plugin',
            field=fields.TextField(default='', unique=False),
        ),
        ops.AddField(
            model_name='SwitchRow',
            name='release',
            field=fields.TextField(default='', unique=False),
        ),
        ops.AddField(
            model_name='SwitchRow',
            name='set_aside_at',
            field=fields.BigIntField(default=0),
        ),
        ops.AddField(
            model_name='SwitchRow',
            name='tries',
            field=fields.IntField(default=0),
        ),
    ]
