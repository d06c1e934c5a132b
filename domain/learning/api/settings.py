"""The operator's settings of a learned API, and their effect on its operations.

They are keyed by operation, so they survive a new version of the document: which tools are offered,
and their names, descriptions and effects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from domain.learning.api.fixed_arguments import Names, fixed_names, path_in, without_arguments
from domain.learning.api.patterns import EffectRule, effect_by
from domain.learning.api.version import ApiTool, ApiVersion, SkippedOperation
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.tools.tool import Effect, ToolSpec


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter of operations: by tag, path pattern (``/pets*``), method, operation or its id."""

    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def matches(self, tool: ApiTool) -> list[bool]:
        """Return for each kind of entry that is set whether it matches the tool."""
        matches = []
        if self.tags:
            matches.append(not set(self.tags).isdisjoint(tool.tags))
        if self.paths:
            matches.append(any(fnmatchcase(tool.path, pattern) for pattern in self.paths))
        if self.methods:
            matches.append(tool.method in {method.upper() for method in self.methods})
        if self.operations:
            matches.append(not {tool.operation, tool.operation_id}.isdisjoint(self.operations))
        return matches


@dataclass(frozen=True, slots=True)
class Override:
    """An operator's changes to one operation's tool; None leaves it as in the document.

    ``idempotent`` is the operator's statement that a call is safe to repeat at any time.
    """

    name: str | None = None
    description: str | None = None
    effect: Effect | None = None
    enabled: bool = True
    idempotent: bool | None = None

    def applied(self, spec: ToolSpec) -> ToolSpec:
        """Return the tool's specification with these changes."""
        changes = {
            "name": self.name,
            "description": self.description,
            "effect": self.effect,
            "idempotent": self.idempotent,
        }
        given = {key: value for key, value in changes.items() if value is not None}
        return replace(spec, **given) if given else spec  # type: ignore[arg-type]  # each of its own type


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """An operator's settings of an API.

    ``base_url`` replaces the document's servers. An operation is offered if every kind of entry in
    ``include`` matches it, and none in ``exclude``. ``overrides`` are by operation. With
    ``per_user`` each user's calls are made with the user's own credentials. ``per_second`` is the
    rate limit of requests for each worker. ``effects`` are rules for operations whose override sets
    none; the first match wins. ``fixed`` names the arguments with fixed values, and
    ``fixed_version`` changes with these values.
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
        """Check what can be checked without the document.

        Raises:
            InvalidRequest: ``base_url`` is not valid.

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
        """Return the tool with these settings applied."""
        spec, operation, operation_id = tool.spec, tool.operation, tool.operation_id
        effect = effect_by(self.effects, operation, operation_id)
        if effect is not None and effect is not spec.effect:
            spec = replace(spec, effect=effect)
        if operation in self.overrides:
            spec = self.overrides[operation].applied(spec)
        if names := fixed_names(self.fixed, operation, operation_id):
            parameters = tool.parameters
            paths = {name: path_in(parameters, name) for name in names}
            fixed = {name: path or () for name, path in paths.items() if path or name in tool.asks}
            spec = without_arguments(spec, filter(None, fixed.values())) if fixed else spec
            return replace(tool, spec=spec, fixed=fixed)
        return tool if spec is tool.spec else replace(tool, spec=spec)

    def takes(self, tool: ApiTool) -> bool:
        """Tell whether the operation is included and not excluded."""
        return all(self.include.matches(tool)) and not any(self.exclude.matches(tool))


class OperationState(StrEnum):
    """The state of an operation."""

    OFFERED = "offered"
    DISABLED = "disabled"  # an override says so
    EXCLUDED = "excluded"  # by what the operator includes and excludes
    SKIPPED = "skipped"  # no tool can be made of it


@dataclass(frozen=True, slots=True)
class OperationReport:
    """An operation with its state, and its tool or the reason for which it was skipped."""

    operation: str
    state: OperationState
    tool: ApiTool | None = None
    skipped: SkippedOperation | None = None


def reported(settings: ApiSettings, operation: ApiTool | SkippedOperation) -> OperationReport:
    """Return an operation's state and tool under these settings."""
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
    """Return the tools that are offered under these settings."""
    reports = (reported(settings, tool) for tool in version.tools)
    return [
        each.tool
        for each in reports
        if each.tool is not None and each.state is OperationState.OFFERED
    ]
