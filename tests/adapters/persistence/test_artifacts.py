"""The contract of `Artifacts`."""

import pytest

from adapters.persistence import Store
from domain.shared.errors import NotFound, PuertoError
from domain.shared.ids import new_id
from domain.tools.artifacts import Artifact, KeptArtifact
from tests.adapters.persistence.stores import (
    DONE,
    NOT_IDS,
    NOW,
    UNKNOWN,
    a_direct_run,
    a_run,
    an_ending,
)

ANN, BOB = new_id(), new_id()
FILE = Artifact(bytes(range(256)) * 40, "image/png", "año %.png")


async def a_kept_one(store: Store, user_id: str = ANN, artifact: Artifact = FILE) -> KeptArtifact:
    """Return an artifact that was kept for a direct run of the user."""
    run = a_direct_run(user_id)
    await store.runs.start(run, 10)
    kept = KeptArtifact(new_id(), user_id, run.id, "c1", NOW, artifact)
    await store.artifacts.add([kept])
    return kept


async def test_its_owner_gets_it_back_as_it_was(store: Store) -> None:
    kept = await a_kept_one(store)

    assert await store.artifacts.get(ANN, kept.id) == FILE


async def test_it_is_nobody_elses(store: Store) -> None:
    kept = await a_kept_one(store)

    for user_id, artifact_id in ((BOB, kept.id), (ANN, UNKNOWN)):
        with pytest.raises(NotFound, match="no such artifact"):
            await store.artifacts.get(user_id, artifact_id)


@pytest.mark.parametrize("artifact_id", NOT_IDS)
async def test_what_is_no_id_is_unknown(store: Store, artifact_id: str) -> None:
    with pytest.raises(NotFound):
        await store.artifacts.get(ANN, artifact_id)


async def test_the_bytes_of_a_user_are_summed(store: Store) -> None:
    assert await store.artifacts.size(ANN) == 0
    for user_id, data in ((ANN, b"123"), (ANN, b""), (ANN, b"4567"), (BOB, b"8")):
        await a_kept_one(store, user_id, Artifact(data, "text/plain", "a.txt"))

    assert await store.artifacts.size(ANN) == 7


async def test_it_goes_with_its_conversation(store: Store) -> None:
    run = a_run(ANN)
    await store.runs.start(run, 10)
    kept = [KeptArtifact(new_id(), ANN, run.id, "c1", NOW, FILE) for _ in range(2)]
    await store.artifacts.add(kept)
    await store.log.append(run.id, 1, 2, [DONE], ending=an_ending(run))
    other = await a_kept_one(store)

    await store.conversations.delete(ANN, run.started.conversation_id)

    for each in kept:
        with pytest.raises(NotFound):
            await store.artifacts.get(ANN, each.id)
    assert await store.artifacts.get(ANN, other.id) == FILE


async def test_all_are_kept_or_none(store: Store) -> None:
    first = await a_kept_one(store)
    again = KeptArtifact(first.id, ANN, first.run_id, "c1", NOW, FILE)
    fresh = KeptArtifact(new_id(), ANN, first.run_id, "c1", NOW, FILE)

    with pytest.raises(PuertoError):
        await store.artifacts.add([fresh, again])

    with pytest.raises(NotFound):
        await store.artifacts.get(ANN, fresh.id)
