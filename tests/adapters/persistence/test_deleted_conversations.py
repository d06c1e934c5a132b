"""What is left of a conversation that its user deletes: in no table a row of it."""

from collections.abc import Mapping

import pytest

from adapters.persistence import Database, Store
from adapters.persistence.models import TABLES
from domain.runs.call_events import ToolFinished
from domain.runs.events import Answered, Body, Chunk
from domain.runs.ports import NewRun
from domain.shared.ids import new_id
from domain.tools.artifacts import Artifact, KeptArtifact
from tests.adapters.persistence.stores import (
    DONE,
    NOW,
    a_consent,
    a_key,
    a_run,
    an_ending,
    answered,
    asked,
)
from tests.adapters.persistence.test_audit import a_decision

ANN = new_id()
MARK = "mark-4711"

# They outlive the conversation: the record of decisions, and which run a repeated request began.
OUTLIVE = {"audit", "answers"}


@pytest.fixture
async def real_store(shared: Database) -> Store:
    """An empty store over the database of this run."""
    for table in TABLES:
        await shared.fetch(f"DELETE FROM {table}")
    return Store(shared)


async def a_whole_turn(store: Store) -> NewRun:
    """Store a turn that has a row in every table that turns have."""
    run = a_run(ANN, question=MARK, new_title=MARK, key=a_key(ANN))
    consent = a_consent(run, params={"text": MARK})
    await asked(store, run, consent, parked=False)
    artifact = Artifact(MARK.encode(), "text/plain", MARK)
    await store.artifacts.add([KeptArtifact(new_id(), ANN, run.id, "c1", NOW, artifact)])
    await store.audit.record([a_decision(run_id=run.id)])
    bodies: list[Body] = [
        ToolFinished("c1", "write", MARK, 1.0),
        Chunk(MARK),
        Answered(run.started.message_id, MARK),
        DONE,
    ]
    await store.log.append(run.id, 1, 3, bodies, ending=an_ending(run, MARK))
    return run


async def tables_that_name(database: Database, texts: tuple[str, ...]) -> Mapping[str, int]:
    """Return in how many rows of each table one of the texts stands, in any column."""
    found = {}
    for table in TABLES:
        rows = await database.fetch(f"SELECT * FROM {table}")
        told = [" ".join(str(value) for value in dict(row).values()) for row in rows]
        if number := sum(any(text in row for text in texts) for row in told):
            found[table] = number
    return found


async def test_no_row_is_left_but_the_record_of_decisions(
    shared: Database, real_store: Store
) -> None:
    run = await a_whole_turn(real_store)
    conversation_id = run.started.conversation_id
    other = await answered(real_store, ANN)
    texts = (MARK, run.id, conversation_id, run.started.message_id, run.started.question_id)
    assert await tables_that_name(shared, texts) == {
        "conversations": 1,
        "messages": 2,
        "runs": 1,
        "run_events": 3,
        "consents": 1,
        "artifacts": 1,
        "answers": 1,
        "audit": 1,
    }

    await real_store.conversations.delete(ANN, conversation_id)

    assert (await tables_that_name(shared, texts)).keys() == OUTLIVE
    kept = await real_store.conversations.get(ANN, other.started.conversation_id)
    assert kept.message_count == 2
