from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0013_tool_answers')]

    initial = False

    operations = [
        ops.AddField(
            model_name='MessageRow',
            name='model_text',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
