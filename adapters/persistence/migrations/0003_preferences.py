from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0002_consents')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ConversationRow',
            name='model',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='ConversationRow',
            name='provider',
            field=fields.TextField(null=True, unique=False),
        ),
    ]
