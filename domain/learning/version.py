"""What a document says of an API: a tool for every operation that can be learned."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.tools.tool import ToolSpec


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
