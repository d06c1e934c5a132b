"""What an operator wants of a learned API, by the names of operations.

So the settings outlive each version of the document: which tools are offered, under which name,
with which words and effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from domain.learning.fixed_arguments import Names, fixed_names, has_argument, without_arguments
from domain.learning.patterns import EffectRule, effect_by
from domain.learning.version import ApiTool, ApiVersion, SkippedOperation
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.tools.tool import Effect, ToolSpec


@dataclass(frozen=True, slots=True)
class Selection:
    """Some operations: by tag, pattern of the path (``/pets*``), method, operation or its id."""

    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def says(self, tool: ApiTool) -> list[bool]:
        """Return whether the tool is meant, for each kind of entry that there is."""
        said = []
        if self.tags:
            said.append(not set(self.tags).isdisjoint(tool.tags))
        if self.paths:
            said.append(any(fnmatchcase(tool.path, pattern) for pattern in self.paths))
        if self.methods:
            said.append(tool.method in {method.upper() for method in self.methods})
        if self.operations:
            said.append(not {tool.operation, tool.operation_id}.isdisjoint(self.operations))
        return said


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator wants otherwise of one operation; None leaves it as the document has it.

    ``idempotent`` is the operator's word that a call may be made again, however late.
    """

    name: str | None = None
    description: str | None = None
    effect: Effect | None = None
    enabled: bool = True
    idempotent: bool | None = None

    def applied(self, spec: ToolSpec) -> ToolSpec:
        """Return the tool as the operator wants it."""
        wanted = {
            "name": self.name,
            "description": self.description,
            "effect": self.effect,
            "idempotent": self.idempotent,
        }
        given = {key: value for key, value in wanted.items() if value is not None}
        return replace(spec, **given) if given else spec  # type: ignore[arg-type]  # each of its own type


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What an operator wants of an API.

    ``base_url`` takes the place of the document's servers. An operation is offered if every kind
    of entry in ``include`` means it, and none in ``exclude``. ``overrides`` are by operation. With
    ``per_user`` each user's calls are made with the user's own credentials. ``per_second`` is how
    many requests a worker may begin. ``effects`` are for operations whose override says none, the
    first that fits; ``fixed`` names the arguments whose values are the operator's, and
    ``fixed_version`` tells these values from others.
    """

    base_url: str = ""
    include: Selection = field(default_factory=Selection)
    exclude: Selection = field(default_factory=Selection)
    overrides: Mapping[str, Override] = field(default_factory=dict)
    per_user: bool = False
    per_second: float = 10.0
    effects: tuple[EffectRule, ...] = ()
    fixed: Names = field(default_factory=dict)
    fixed_version: str = ""

    def check(self) -> None:
        """Look at what needs no document to be wrong.

        Raises:
            InvalidRequest: the address is none.

        """
        if not self.base_url:
            return
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            message = "It must be an absolute http or https address."
        elif "@" in parts.netloc or parts.query or parts.fragment:
            message = "It must have no user, query or fragment; credentials belong into auth."
        else:
            return
        raise InvalidRequest(f"base_url: {message}", [FieldProblem("base_url", message)])

    def applied(self, tool: ApiTool) -> ApiTool:
        """Return the tool as the operator wants it."""
        spec, operation, operation_id = tool.spec, tool.operation, tool.operation_id
        effect = effect_by(self.effects, operation, operation_id)
        if effect is not None and effect is not spec.effect:
            spec = replace(spec, effect=effect)
        if operation in self.overrides:
            spec = self.overrides[operation].applied(spec)
        fixed = fixed_names(self.fixed, operation, operation_id) if self.fixed else []
        if known := [name for name in fixed if name in tool.asks or has_argument(spec, name)]:
            return replace(tool, spec=without_arguments(spec, known), fixed=tuple(known))
        return tool if spec is tool.spec else replace(tool, spec=spec)

    def takes(self, tool: ApiTool) -> bool:
        """Tell whether the operation is among those that are wanted."""
        return all(self.include.says(tool)) and not any(self.exclude.says(tool))


class OperationState(StrEnum):
    """What became of an operation."""

    OFFERED = "offered"
    DISABLED = "disabled"  # an override says so
    EXCLUDED = "excluded"  # by what the operator includes and excludes
    SKIPPED = "skipped"  # no tool can be made of it


@dataclass(frozen=True, slots=True)
class OperationReport:
    """An operation, and the tool that it is; a skipped one has why there is none instead."""

    operation: str
    state: OperationState
    tool: ApiTool | None = None
    skipped: SkippedOperation | None = None


def reported(settings: ApiSettings, operation: ApiTool | SkippedOperation) -> OperationReport:
    """Return what becomes of an operation, the tool as the operator wants it."""
    name = operation.operation
    if isinstance(operation, SkippedOperation):
        return OperationReport(name, OperationState.SKIPPED, skipped=operation)
    state = OperationState.OFFERED
    if not settings.overrides.get(name, Override()).enabled:
        state = OperationState.DISABLED
    elif not settings.takes(operation):
        state = OperationState.EXCLUDED
    return OperationReport(name, state, settings.applied(operation))


def offered(settings: ApiSettings, version: ApiVersion) -> Sequence[ApiTool]:
    """Return the tools that can be called."""
    reports = (reported(settings, tool) for tool in version.tools)
    return [
        each.tool
        for each in reports
        if each.tool is not None and each.state is OperationState.OFFERED
    ]
