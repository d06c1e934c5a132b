"""The tables. Rows never leave this package: the repositories return the core's records.

Ids are UUIDv7 made by the core; times are UTC. JSON is kept as text, written by `codec`:
PostgreSQL's own JSON types refuse the character U+0000, which a tool may well return.
Owners (``user_id``) are no foreign keys: a token may name a user of another identity provider.
"""

from typing import Final

from adapters.persistence.models.conversations import ConversationRow, MessageRow
from adapters.persistence.models.learned_apis import (
    LearnedApiKeysRow,
    LearnedApiRow,
    LearnedOperationRow,
    LearnedVersionRow,
)
from adapters.persistence.models.monitoring import AlertRow, PulseRow, RoundRow, SourceRow, TotalRow
from adapters.persistence.models.people import SessionRow, TicketRow, UserRow
from adapters.persistence.models.records import AnswerRow, AuditRow
from adapters.persistence.models.runs import ArtifactRow, ConsentRow, RunEventsRow, RunRow
from adapters.persistence.models.settings import ConfigurationRow, SwitchRow

TABLES: Final = {
    str(model._meta.db_table): ", ".join(  # noqa: SLF001  the ORM's documented access
        sorted(model._meta.fields_db_projection.values())  # noqa: SLF001
    )
    for model in (
        UserRow,
        SessionRow,
        TicketRow,
        ConversationRow,
        MessageRow,
        RunRow,
        RunEventsRow,
        ConsentRow,
        ArtifactRow,
        AnswerRow,
        AuditRow,
        ConfigurationRow,
        SwitchRow,
        RoundRow,
        SourceRow,
        AlertRow,
        PulseRow,
        TotalRow,
        LearnedApiRow,
        LearnedVersionRow,
        LearnedOperationRow,
        LearnedApiKeysRow,
    )
}
