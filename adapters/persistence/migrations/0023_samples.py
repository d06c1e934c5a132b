from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('puerto', '0022_webhooks')]

    initial = False

    operations = [
        ops.CreateModel(
            name='SampleRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('metric', fields.CharField(max_length=100)),
                ('labels', fields.CharField(max_length=700)),
                ('part', fields.CharField(max_length=16)),
                ('value', fields.FloatField()),
            ],
            options={'table': 'samples', 'app': 'puerto', 'unique_together': [('metric', 'labels', 'part')], 'pk_attr': 'id', 'table_description': 'A number of a metric since the beginning: a counter, a bucket or the sum of a histogram.'},
            bases=['Model'],
        ),
    ]
