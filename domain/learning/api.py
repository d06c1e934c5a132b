"""Learned APIs: what a document says of an API, and what an operator makes of it.

A version holds a tool for every operation that can be learned. The operator's settings stand
beside it, by the names of operations, and so outlive it: which tools are offered, under which
name, with which words and effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

from domain.learning.fixed_arguments import Names, fixed_names, has_argument, without_arguments
from domain.learning.patterns import EffectRule, effect_by
from domain.shared.errors import FieldProblem, InvalidRequest
from domain.tools.tool import Effect, ToolSpec

PLUGIN: Final = "learned"
"""The plugin that the tools of all learned APIs belong to."""

SEVERITY: Final = {Effect.READ: 0, Effect.WRITE: 1, Effect.DESTRUCTIVE: 2}


@dataclass(frozen=True, slots=True)
class ApiTool:
    """A tool made of an operation.

    ``operation`` is such as ``GET /pets``. ``places`` are the addresses that its calls go to, and
    its credentials: the server's, empty where the document does not say it, then those where
    access tokens are given. ``asks`` names the security schemes that it can be called with, and
    ``is_open`` says that none is needed. ``call`` is how it is called, written by whoever reads
    documents, for the same. ``fixed`` are the arguments, and the credentials, that the operator
    fixed for it. ``whole`` is the schema of all arguments where it shows some only, written by the
    same. ``suspects`` are arguments that look like credentials: only the operator knows.
    """

    spec: ToolSpec
    operation: str
    operation_id: str = ""
    tags: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    is_open: bool = True
    notes: tuple[str, ...] = ()
    call: bytes = field(default=b"", repr=False)
    fixed: tuple[str, ...] = ()
    whole: bytes = field(default=b"", repr=False)
    suspects: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.operation.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path as the document writes it."""
        return self.operation.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class SkippedOperation:
    """An operation that no tool is made of: why, in a word and in words, and a JSON Pointer."""

    operation: str
    reason: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ApiScheme:
    """A way in which an API wants to be shown who calls.

    ``kind`` is ``apiKey``, ``http``, ``oauth2`` ...; ``detail`` says more: the name of the header,
    or ``basic``. With ``is_parameter`` the document has it as an ordinary parameter.
    """

    name: str
    kind: str
    detail: str = ""
    is_parameter: bool = False


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """All that one document gave. ``digest`` tells one document from another."""

    digest: str
    title: str
    tools: tuple[ApiTool, ...] = field(repr=False)
    skipped: tuple[SkippedOperation, ...] = ()
    schemes: tuple[ApiScheme, ...] = ()

    @property
    def endpoints(self) -> int:
        """How many operations the document has."""
        return len(self.tools) + len(self.skipped)

    @property
    def operations(self) -> "Sequence[ApiTool | SkippedOperation]":
        """All operations in the order in which they are listed."""
        return (*self.tools, *self.skipped)

    def names(self) -> dict[str, str]:
        """Return the tools' names by operation."""
        return {tool.operation: tool.spec.name for tool in self.tools}


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


@dataclass(frozen=True, slots=True)
class LearnedApi:
    """An API that was learned; its versions are kept beside it.

    ``source`` is the address of its document, empty if it was given as it is. ``revision`` grows
    with each change. ``endpoints`` counts operations, ``tools`` those that are offered. ``digest``
    is that of the version in use, ``waiting`` that of one that waits to be accepted, else empty.
    ``problem`` says why the last refresh changed nothing.
    """

    id: str
    name: str
    source: str
    settings: ApiSettings
    user_id: str
    created_at: datetime
    learned_at: datetime
    updated_by: str
    title: str = ""
    digest: str = ""
    waiting: str = ""
    endpoints: int = 0
    tools: int = 0
    revision: int = 1
    problem: str = ""


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
