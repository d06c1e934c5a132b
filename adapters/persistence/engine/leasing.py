"""The claim of leased rows: one statement, in which concurrent workers get different rows.

A table of leased rows has the columns ``id``, ``attempt`` (the fencing token), ``worker_id`` and
``leased_until``: null where there is nothing to do, else the time from which the row can be
claimed.
"""

from datetime import UTC, datetime
from typing import Final

from adapters.persistence.engine.database import SKIP_LOCKED, Engine

# An expired lease for any worker's clock: the row can be claimed at once.
FREE: Final = datetime(1970, 1, 1, tzinfo=UTC)

_CLAIM: Final = """
    UPDATE {table} SET attempt = attempt + 1, worker_id = $1, leased_until = $3{also}
    WHERE id IN (
        SELECT id FROM {table} WHERE leased_until < $2 {where}
        ORDER BY leased_until LIMIT $4{lock}
    )
    RETURNING {columns}
"""


def claim_statement(
    engine: Engine, table: str, columns: str, *, also: str = "", where: str = ""
) -> str:
    """Return the statement by which $1 (a worker) leases rows that expired before $2, until $3.

    $4 is how many at most; ``where`` may restrict them by conditions on $5 and so on.
    """
    lock = SKIP_LOCKED[engine]
    return _CLAIM.format(table=table, columns=columns, also=also, where=where, lock=lock)
