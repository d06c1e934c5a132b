from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0019_usage')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='ArtifactRow',
            index=Index(fields=['created_at']),
        ),
        ops.AddField(
            model_name='RunRow',
            name='events_state',
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.AddIndex(
            model_name='RunRow',
            index=Index(fields=['events_state', 'finished_at']),
        ),
    ]
