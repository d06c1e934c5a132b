"""Storage of tool results: artifacts and large results are stored separately."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from domain.conversations.calls import CallOutcome
from domain.runs.run import Call, Run
from domain.shared.clock import Clock
from domain.shared.errors import NotFound, ToolFailed
from domain.shared.ids import new_id
from domain.shared.json_text import is_larger, written
from domain.shared.text import shorten
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

RESULT_BYTES: Final = 1_000_000  # of JSON; a larger result is stored as an artifact
QUICK: Final = 10_000  # characters; larger results are processed in a thread
_JSON: Final = "application/json"

T = TypeVar("T")


class Results:
    """Stores the results of calls, and reads them again."""

    def __init__(self, artifacts: Artifacts, clock: Clock) -> None:
        self._artifacts = artifacts
        self._clock = clock

    async def keep(self, result: Any, call: Call, run: Run, secrets: Secrets) -> Any:
        """Store the artifacts of a result; return the JSON value for the event, redacted.

        Each artifact is replaced by a reference; a result over 1 MB becomes an artifact itself and
        is replaced by its first page. The call has had its effect by now, so nothing here fails:
        an artifact that cannot be stored is replaced by the reason.
        """
        is_large = is_larger(result, QUICK)

        async def run_work(work: Callable[[], T]) -> T:
            return await in_thread(work, f"result of {call.tool}") if is_large else work()

        artifacts = await run_work(
            lambda: [_redacted(each, secrets) for each in _artifacts_in(result)]
        )
        references = await self._store(artifacts, call, run)
        value, text, size = await run_work(lambda: _recordable(result, references, secrets))
        return value if size <= RESULT_BYTES else await self._store_whole(text, call, run)

    async def artifact(self, user_id: str, artifact_id: str) -> Artifact:
        """Return a file that an earlier call of this user's made.

        Raises:
            ToolFailed: there is none, or it has been deleted.

        """
        try:
            return await self._artifacts.get(user_id, artifact_id)
        except NotFound as error:
            raise ToolFailed(f"There is no file {shorten(artifact_id, 64)!r}.") from error

    async def text(self, user_id: str, outcome: CallOutcome) -> str:
        """Return the whole result of a call as JSON text.

        Raises:
            ToolFailed: it was stored as an artifact that has been deleted.

        """
        value = value_of(outcome)
        if as_page(value) is None or "artifact" not in value:
            return json.dumps(value, ensure_ascii=False)
        try:
            artifact = await self._artifacts.get(user_id, str(value["artifact"]))
        except NotFound as error:
            raise ToolFailed("The result of this call is not kept any more.") from error
        return artifact.data.decode()

    async def _store_whole(self, text: str, call: Call, run: Run) -> dict[str, Any]:
        """Store a large result as an artifact; return its reference with the first page."""
        data = text.encode(errors="replace")
        if len(data) > ARTIFACT_BYTES:
            why = f"it has {len(data):,} bytes, and the limit is {ARTIFACT_BYTES:,}"
        else:
            whole = Artifact(data, _JSON, f"{call.tool}.json")
            (reference,) = await self._store([whole], call, run)
            if "artifact" in reference:
                return reference | page_of(call.id, text, 1).to_json()
            why = reference["not_kept"]
        return not_kept(why)

    async def _store(self, artifacts: list[Artifact], call: Call, run: Run) -> list[dict[str, Any]]:
        """Store all artifacts, or none; return the reference of each, or why it was not stored."""
        if not artifacts:
            return []
        user_id, now = run.started.user_id, self._clock.now()
        if why := await self._refusal(user_id, artifacts):
            return [artifact.described() | {"not_kept": why} for artifact in artifacts]
        stored = [
            KeptArtifact(new_id(), user_id, run.id, call.id, now, artifact)
            for artifact in artifacts
        ]
        await self._artifacts.add(stored)
        return [each.reference() for each in stored]

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
    """Return the replacement for a result that is too large to be stored."""
    return {
        "note": f"The tool finished, but its result was not kept: {why}. Ask for less at a time."
    }


def _recordable(
    result: Any, references: Sequence[Mapping[str, Any]], secrets: Secrets
) -> tuple[Any, str, int]:
    """Return the result with references and redacted, its JSON text, and the size in bytes."""
    remaining = iter(references)
    value = secrets.hide_in(_with_references(result, remaining) if references else result)
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


def _with_references(value: Any, remaining: Iterator[Mapping[str, Any]]) -> Any:
    """Replace the artifacts by the references, in the order of `_artifacts_in`."""
    match value:
        case Artifact():
            return dict(next(remaining))
        case dict():
            return {key: _with_references(item, remaining) for key, item in value.items()}
        case list():
            return [_with_references(item, remaining) for item in value]
        case _:
            return value


def _redacted(artifact: Artifact, secrets: Secrets) -> Artifact:
    if secrets.hides_nothing:
        return artifact
    holds_secret = secrets.hide(artifact.media_type) != artifact.media_type
    media_type = "application/octet-stream" if holds_secret else artifact.media_type
    return Artifact(secrets.hide_bytes(artifact.data), media_type, secrets.hide(artifact.name))
