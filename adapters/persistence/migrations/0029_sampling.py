from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0028_session_limits')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ConversationRow',
            name='sampling',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
