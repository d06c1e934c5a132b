from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0025_foreign_identities')]

    initial = False

    operations = [
        ops.CreateModel(
            name='BudgetMeterRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('scope', fields.CharField(max_length=16)),
                ('subject', fields.TextField(unique=False)),
                ('period', fields.CharField(max_length=16)),
                ('start', fields.CharField(max_length=10)),
                ('spent_tokens', fields.BigIntField()),
                ('spent_nano', fields.BigIntField()),
            ],
            options={'table': 'budget_meters', 'app': 'puerto', 'unique_together': [('scope', 'subject', 'period')], 'pk_attr': 'id', 'table_description': 'What one subject has spent in the period that began on the day ``start``, in UTC.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BudgetHoldRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('run', fields.ForeignKeyField('puerto.RunRow', source_field='run_id', db_constraint=True, to_field='id', related_name='holds', on_delete=OnDelete.CASCADE)),
                ('meter', fields.ForeignKeyField('puerto.BudgetMeterRow', source_field='meter_id', db_index=True, db_constraint=True, to_field='id', related_name='holds', on_delete=OnDelete.CASCADE)),
                ('attempt', fields.IntField()),
                ('tokens', fields.BigIntField()),
                ('nano', fields.BigIntField()),
            ],
            options={'table': 'budget_holds', 'app': 'puerto', 'unique_together': [('run_id', 'meter_id')], 'pk_attr': 'id', 'table_description': 'What is held for a step of a run, as long as its attempt drives the run.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BudgetRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('scope', fields.CharField(max_length=16)),
                ('subject', fields.TextField(unique=False)),
                ('period', fields.CharField(max_length=16)),
                ('most_tokens', fields.BigIntField(null=True)),
                ('most_nano', fields.BigIntField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'budgets', 'app': 'puerto', 'unique_together': [('scope', 'subject', 'period')], 'pk_attr': 'id', 'table_description': 'What may be spent in a period. An empty subject means each one by itself.'},
            bases=['Model'],
        ),
    ]
