"""The differences between two versions of a learned API, and which of them are breaking."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from domain.learning.api.version import ApiTool, ApiVersion
from domain.learning.diff.schema_changes import narrowings
from domain.learning.diff.schema_differences import differing_parts
from domain.tools.tool import Effect

_SEVERITY: Final = {Effect.READ: 0, Effect.WRITE: 1, Effect.DESTRUCTIVE: 2}
_WORDS: Final = frozenset(
    {"summary", "description", "tags", "deprecated", "notes", "operation_id", "source"}
)


@dataclass(frozen=True, slots=True)
class ToolChange:
    """A changed tool, and descriptions of the changes."""

    operation: str
    tool: str
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """The changes of a new version, by operation.

    A change is breaking if a call that was valid would fail, have a more harmful effect, or be sent
    elsewhere; ``gone`` operations are breaking, too.
    """

    added: tuple[ToolChange, ...] = ()
    changed: tuple[ToolChange, ...] = ()
    breaking: tuple[ToolChange, ...] = ()
    gone: tuple[ToolChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.breaking or self.gone)

    @property
    def is_breaking(self) -> bool:
        """Tell whether a human has to accept the new version."""
        return bool(self.breaking or self.gone)


def difference(old: ApiVersion, new: ApiVersion, *, is_placed: bool = False) -> Diff:
    """Return the changes; ``is_placed`` says that the operator set the API's address."""
    before, after = _by_operation(old), _by_operation(new)
    skipped = {each.operation: each.message for each in new.skipped}
    changed, breaking = [], []
    for operation, tool in after.items():
        if operation not in before or before[operation] is tool:
            continue
        was = before[operation]
        if breaks := tuple(_breaks(was, tool, is_placed=is_placed)):
            breaking.append(ToolChange(operation, was.spec.name, breaks))
        elif changes := tuple(_changes(was, tool)):
            changed.append(ToolChange(operation, was.spec.name, changes))
    return Diff(
        added=tuple(
            ToolChange(operation, tool.spec.name)
            for operation, tool in after.items()
            if operation not in before
        ),
        changed=tuple(changed),
        breaking=tuple(breaking),
        gone=tuple(
            ToolChange(
                operation, tool.spec.name, (skipped[operation],) if operation in skipped else ()
            )
            for operation, tool in before.items()
            if operation not in after
        ),
    )


def with_known(old: ApiVersion, new: ApiVersion) -> ApiVersion:
    """Return the new version with the old version's tools wherever they are equal.

    So they are not held twice, and whoever has taken them in need not do so again.
    """
    before = _by_operation(old)
    tools = ((before.get(tool.operation), tool) for tool in new.tools)
    return replace(
        new, tools=tuple(was if was is not None and was == tool else tool for was, tool in tools)
    )


def merged(old: ApiVersion, new: ApiVersion, diff: Diff) -> ApiVersion:
    """Return the new version with the old tools wherever the change is breaking."""
    before = _by_operation(old)
    broken = {change.operation for change in diff.breaking}
    removed = [before[change.operation] for change in diff.gone]
    tools = [before[tool.operation] if tool.operation in broken else tool for tool in new.tools]
    gone = {tool.operation for tool in removed}
    return replace(
        old,
        title=new.title,
        tools=(*tools, *removed),
        skipped=tuple(each for each in new.skipped if each.operation not in gone),
        schemes=tuple({each.name: each for each in (*old.schemes, *new.schemes)}.values()),
    )


def _by_operation(version: ApiVersion) -> Mapping[str, ApiTool]:
    return {tool.operation: tool for tool in version.tools}


def _breaks(old: ApiTool, new: ApiTool, *, is_placed: bool) -> Iterator[str]:
    yield from narrowings(old.spec.parameters, new.spec.parameters)
    if _SEVERITY[new.spec.effect] > _SEVERITY[old.spec.effect]:
        yield f"its effect is {new.spec.effect} now, and was {old.spec.effect}"
    was, now = _origins(old, is_placed=is_placed), _origins(new, is_placed=is_placed)
    if elsewhere := [place for place in now if place not in was]:
        yield f"it would be sent to {', '.join(elsewhere)} now"
    if not new.is_open and (old.is_open or old.asks != new.asks):
        yield f"it asks for other credentials: {', '.join(new.asks)}"


def _changes(old: ApiTool, new: ApiTool) -> Iterator[str]:
    if old.spec.description != new.spec.description:
        yield "its description"
    if old.spec.parameters != new.spec.parameters:
        parts = differing_parts(old.spec.parameters, new.spec.parameters)
        yield f"its parameters: {'; '.join(parts) or 'what they refer to'}"
    if old.spec.effect != new.spec.effect:
        yield f"its effect, which is {new.spec.effect} now"
    if old.spec.idempotent != new.spec.idempotent:
        yield f"whether a call can be repeated: {'yes' if new.spec.idempotent else 'no'} now"
    if parts := _parts_of_call(old.call, new.call):
        yield f"how it is called: its {', '.join(parts)}"


def _parts_of_call(old: bytes, new: bytes) -> list[str]:
    """Return which fields of the serialized calls differ, except for descriptive ones."""
    if old == new:
        return []
    try:
        before, after = json.loads(old), json.loads(new)
    except ValueError:
        return ["record"]
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return ["record"]
    names = sorted((before.keys() | after.keys()) - _WORDS)
    return [name for name in names if before.get(name) != after.get(name)]


def _origins(tool: ApiTool, *, is_placed: bool) -> list[str]:
    places = tool.places[1:] if is_placed else tool.places
    return [f"{at.scheme}://{at.netloc}" for at in map(urlsplit, filter(None, places))]
