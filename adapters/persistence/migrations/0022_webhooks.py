from tortoise import migrations
from tortoise.migrations import operations as ops
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('puerto', '0021_session_lists')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DeliveryRow',
            fields=[
                ('number', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('id', fields.UUIDField(unique=True)),
                ('webhook_id', fields.UUIDField()),
                ('type', fields.CharField(max_length=64)),
                ('lane', fields.CharField(max_length=255)),
                ('user_id', fields.UUIDField(null=True, db_index=True)),
                ('data', fields.TextField(unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('status', fields.CharField(max_length=16)),
                ('attempt', fields.IntField()),
                ('worker_id', fields.CharField(max_length=128)),
                ('leased_until', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('tries', fields.IntField()),
                ('settled_at', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('answer', fields.IntField(null=True)),
                ('error', fields.TextField(unique=False)),
            ],
            options={'table': 'deliveries', 'app': 'puerto', 'indexes': [Index(fields=['webhook_id', 'lane', 'number']), Index(fields=['webhook_id', 'created_at', 'id'])], 'pk_attr': 'number', 'table_description': 'A notice to one endpoint, written in the transaction of what it tells: an outbox.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WebhookRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('url', fields.TextField(unique=False)),
                ('events', fields.TextField(unique=False)),
                ('description', fields.TextField(unique=False)),
                ('sealed', fields.BinaryField()),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('disabled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('disabled_reason', fields.CharField(null=True, max_length=16)),
                ('failing_since', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'webhooks', 'app': 'puerto', 'pk_attr': 'id', 'table_description': 'An endpoint of operators, which is told what happens.'},
            bases=['Model'],
        ),
    ]
