from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.migrations.schema_editor.base import BaseSchemaEditor

# What is in the table may be lost, and each row is written often.
_SUITED = {
    "postgres": "ALTER TABLE buckets SET UNLOGGED; ALTER TABLE buckets SET (fillfactor = 50)",
    "sqlite": "DROP TABLE buckets; CREATE TABLE buckets (key VARCHAR(128) NOT NULL PRIMARY KEY,"
    " full_at BIGINT NOT NULL) WITHOUT ROWID",
}


async def _suit_engine(_apps: object, editor: BaseSchemaEditor) -> None:
    for statement in _SUITED[editor.client.capabilities.dialect].split(";"):
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [('puerto', '0023_samples')]

    initial = False

    operations = [
        ops.CreateModel(
            name='BucketRow',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                ('full_at', fields.BigIntField()),
            ],
            options={'table': 'buckets', 'app': 'puerto', 'pk_attr': 'key', 'table_description': 'A bucket of a rate limit that is not full, and when it will be (microseconds since 1970).'},
            bases=['Model'],
        ),
        ops.RunPython(_suit_engine),
    ]
