"""The version of a learned API: the tools made from one OpenAPI document."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.learning.api.fixed_arguments import Path
from domain.tools.tool import ToolSpec


@dataclass(frozen=True, slots=True)
class ApiTool:
    """A tool made from an operation.

    ``operation`` is such as ``GET /pets``. ``places`` are the addresses to which calls and
    credentials are sent: the server's, empty if the document names none, then those of the token
    endpoints. ``asks`` names the security schemes that it can be called with, and ``is_open`` says
    that none is needed. ``call`` is the serialized request template, an opaque format of the
    `ApiReader`. ``fixed`` are the arguments and credentials that the operator fixed, each with its
    path (a credential's is empty). ``whole`` is the schema of all arguments if the tool is
    abridged, as JSON that is compressed with zlib. ``suspects`` are arguments that look like
    credentials, for the operator to check.
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
    fixed: Mapping[str, Path] = field(default_factory=dict)
    whole: bytes = field(default=b"", repr=False)
    suspects: tuple[str, ...] = ()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The schema of the arguments, unabridged; that of an abridged tool has the fixed ones."""
        if not self.whole:
            return self.spec.parameters
        schema: dict[str, Any] = json.loads(zlib.decompress(self.whole))
        return schema

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
