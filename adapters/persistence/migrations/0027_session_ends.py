from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0026_budgets')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='SessionRow',
            index=Index(fields=['expires_at']),
        ),
    ]
