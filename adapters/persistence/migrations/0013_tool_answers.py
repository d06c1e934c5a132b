from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0012_consent_forms')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ConsentRow',
            name='answer',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
