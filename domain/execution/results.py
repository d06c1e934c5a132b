"""The results of calls as they are kept: artifacts and what is too large stand beside them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from domain.conversations.calls import CallOutcome
from domain.runs.run import Call, Run
from domain.shared.clock import Clock
from domain.shared.errors import NotFound, ToolFailed
from domain.shared.ids import new_id
from domain.shared.json_text import is_larger, written
from domain.shared.untrusted import in_thread
from domain.tools.artifacts import (
    ARTIFACT_BYTES,
    ARTIFACT_BYTES_OF_USER,
    ARTIFACTS_OF_CALL,
    Artifact,
    KeptArtifact,
)
from domain.tools.ports import Artifacts
from domain.tools.result_pages import as_page, page_of, value_of
from domain.tools.secrets import Secrets

RESULT_BYTES: Final = 1_000_000  # of JSON; a larger result is kept as an artifact
QUICK: Final = 10_000  # characters that are looked through on the event loop
_JSON: Final = "application/json"

T = TypeVar("T")


class Results:
    """Keeps the results of calls, and reads them again."""

    def __init__(self, artifacts: Artifacts, clock: Clock) -> None:
        self._artifacts = artifacts
        self._clock = clock

    async def keep(self, result: Any, call: Call, run: Run, secrets: Secrets) -> Any:
        """Return the result as its event holds it, a JSON value without secrets.

        Each artifact is kept, and its reference takes its place; so is a result over 1 MB,
        whose place its first page takes. The call has had its effect by now: what cannot be
        kept says so in its own place, and the rest stands.
        """
        is_large = is_larger(result, QUICK)

        async def done(work: Callable[[], T]) -> T:
            return await in_thread(work, f"result of {call.tool}") if is_large else work()

        found = await done(lambda: [_discreet(each, secrets) for each in _artifacts_in(result)])
        references = await self._kept(found, call, run)
        value, text, size = await done(lambda: _recordable(result, references, secrets))
        return value if size <= RESULT_BYTES else await self._beside(text, call, run)

    async def text(self, user_id: str, outcome: CallOutcome) -> str:
        """Return the whole of what came of a call, as JSON text.

        Raises:
            ToolFailed: it was kept beside, and is there no more.

        """
        value = value_of(outcome)
        if as_page(value) is None or "artifact" not in value:
            return json.dumps(value, ensure_ascii=False)
        try:
            artifact = await self._artifacts.get(user_id, str(value["artifact"]))
        except NotFound as error:
            raise ToolFailed("The result of this call is not kept any more.") from error
        return artifact.data.decode()

    async def _beside(self, text: str, call: Call, run: Run) -> dict[str, Any]:
        data = text.encode(errors="replace")
        if len(data) > ARTIFACT_BYTES:
            why = f"it has {len(data):,} bytes, and the limit is {ARTIFACT_BYTES:,}"
        else:
            (kept,) = await self._kept([Artifact(data, _JSON, f"{call.tool}.json")], call, run)
            if "artifact" in kept:
                return kept | page_of(call.id, text, 1).to_json()
            why = kept["not_kept"]
        return not_kept(why)

    async def _kept(self, artifacts: list[Artifact], call: Call, run: Run) -> list[dict[str, Any]]:
        """Keep all of them, and return what stands for each: its reference, or why it is lost."""
        if not artifacts:
            return []
        user_id, now = run.started.user_id, self._clock.now()
        if why := await self._refusal(user_id, artifacts):
            return [artifact.described() | {"not_kept": why} for artifact in artifacts]
        kept = [
            KeptArtifact(new_id(), user_id, run.id, call.id, now, artifact)
            for artifact in artifacts
        ]
        await self._artifacts.add(kept)
        return [each.reference() for each in kept]

    async def _refusal(self, user_id: str, artifacts: list[Artifact]) -> str:
        if len(artifacts) > ARTIFACTS_OF_CALL:
            return f"a call can return {ARTIFACTS_OF_CALL} artifacts, not {len(artifacts)}"
        total = sum(artifact.size for artifact in artifacts) + await self._artifacts.size(user_id)
        if total > ARTIFACT_BYTES_OF_USER:
            return (
                f"the user's artifacts would have {total:,} bytes, and the limit is "
                f"{ARTIFACT_BYTES_OF_USER:,}; deleting old conversations makes room"
            )
        return ""


def not_kept(why: str) -> dict[str, Any]:
    """Return what stands for a result that is too large for any place, and why."""
    return {
        "note": f"The tool finished, but its result was not kept: {why}. Ask for less at a time."
    }


def _recordable(
    result: Any, references: Sequence[Mapping[str, Any]], secrets: Secrets
) -> tuple[Any, str, int]:
    """Return the result with its artifacts' references and without secrets, as text, its bytes."""
    left = iter(references)
    value = secrets.hide_in(_with_references(result, left) if references else result)
    text = written(value)
    return value, text, len(text.encode(errors="replace"))


def _artifacts_in(value: Any) -> Iterator[Artifact]:
    match value:
        case Artifact():
            yield value
        case dict():
            for item in value.values():
                yield from _artifacts_in(item)
        case list():
            for item in value:
                yield from _artifacts_in(item)


def _with_references(value: Any, left: Iterator[Mapping[str, Any]]) -> Any:
    """Put the references into the places of the artifacts, in the order of `_artifacts_in`."""
    match value:
        case Artifact():
            return dict(next(left))
        case dict():
            return {key: _with_references(item, left) for key, item in value.items()}
        case list():
            return [_with_references(item, left) for item in value]
        case _:
            return value


def _discreet(artifact: Artifact, secrets: Secrets) -> Artifact:
    if not secrets:
        return artifact
    told = secrets.hide(artifact.media_type) != artifact.media_type
    media_type = "application/octet-stream" if told else artifact.media_type
    return Artifact(secrets.hide_bytes(artifact.data), media_type, secrets.hide(artifact.name))
