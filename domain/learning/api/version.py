"""The version of a learned API: the tools made from one OpenAPI document."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.tools.tool import ToolSpec


@dataclass(frozen=True, slots=True)
class ApiTool:
    """A tool made from an operation.

    ``operation`` is such as ``GET /pets``. ``places`` are the addresses to which calls and
    credentials are sent: the server's, empty if the document names none, then those of the token
    endpoints. ``asks`` names the security schemes that it can be called with, and ``is_open`` says
    that none is needed. ``call`` is the serialized request template, an opaque format of the
    `ApiReader`. ``fixed`` are the arguments and credentials that the operator fixed. ``whole`` is
    the schema of all arguments if the tool is abridged, in the same format. ``suspects`` are
    arguments that look like credentials, for the operator to check.
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
        """The path as in the document, such as ``/pets/{id}``."""
        return self.operation.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class SkippedOperation:
    """An operation without a tool: ``reason`` is a code, ``pointer`` a JSON Pointer."""

    operation: str
    reason: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ApiScheme:
    """A security scheme of an API.

    ``kind`` is ``apiKey``, ``http``, ``oauth2`` ...; ``detail`` is the name of the header, or
    ``basic``. With ``is_parameter`` the document declares it as an ordinary parameter.
    """

    name: str
    kind: str
    detail: str = ""
    is_parameter: bool = False


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """The tools made from one document. ``digest`` is that of the document."""

    digest: str
    title: str
    tools: tuple[ApiTool, ...] = field(repr=False)
    skipped: tuple[SkippedOperation, ...] = ()
    schemes: tuple[ApiScheme, ...] = ()

    @property
    def endpoints(self) -> int:
        """The number of operations in the document."""
        return len(self.tools) + len(self.skipped)

    @property
    def operations(self) -> "Sequence[ApiTool | SkippedOperation]":
        """All operations, those with a tool first."""
        return (*self.tools, *self.skipped)

    def names(self) -> dict[str, str]:
        """Return the tools' names by operation."""
        return {tool.operation: tool.spec.name for tool in self.tools}
