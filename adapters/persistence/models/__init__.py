"""The ORM's models: every model of a module in this folder is a table.

Rows never leave the persistence package: the repositories return the core's records. Ids are
UUIDv7 made by the core; times are UTC. JSON is stored as text, written by `codec`: PostgreSQL's
JSON types reject the character U+0000, which a tool may return. Owners (``user_id``) are no foreign
keys: a token may name a user of another identity provider. The first paragraph of a model's
docstring is its table's comment: changing it needs a migration.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from tortoise.models import Model


def _models() -> Iterator[type[Model]]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for each in vars(import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, Model) and each is not Model:
                yield each


__models__: Final = list(_models())  # the name under which the ORM looks for them
TABLES: Final = {
    str(model._meta.db_table): ", ".join(  # noqa: SLF001  the ORM's documented access
        sorted(model._meta.fields_db_projection.values())  # noqa: SLF001
    )
    for model in __models__
}
