"""Model of an API operation: the output of reading and the input of lowering and calling.

References to parameters, bodies and headers are resolved; inside schemas they stay (as
``#/$defs/...`` of the tool's own schema), since schemas may be recursive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

AWS_SIGNED: Final = "awsSigV4"
"""The kind of a security scheme that requires requests signed for AWS (Signature Version 4)."""


class ParameterLocation(StrEnum):
    """Location of a parameter in the request (OpenAPI 3.2, "Parameter Locations")."""

    PATH = "path"
    QUERY = "query"
    QUERYSTRING = "querystring"
    HEADER = "header"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter and how its value is serialized (Parameter Object).

    ``argument`` is its name in the tool's arguments, empty where it has none; ``name`` is the name
    on the wire. With ``media_type`` the value is serialized in that format, and the style is
    ignored.
    """

    name: str
    place: ParameterLocation
    argument: str
    schema: Any
    required: bool = False
    style: str = "form"
    explode: bool = True
    allow_reserved: bool = False
    allow_empty: bool = False
    media_type: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """One media type of a body: its schema, and the Encoding Objects of its properties."""

    media_type: str
    schema: Any
    encoding: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OperationBody:
    """The request body; ``argument`` is its name in the tool's arguments."""

    argument: str
    contents: Sequence[Content]
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ApiServer:
    """A server: an absolute or relative URL with ``{variables}``, and their default values."""

    url: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """How credentials are sent (Security Scheme Object; Swagger 2's ``basic`` is ``http`` here).

    ``kind`` is ``apiKey``, ``http``, ``oauth2``, ``openIdConnect``, ``mutualTLS``, or ``awsSigV4``
    for signed requests (``name`` is then the service's, or empty). ``name`` and ``place`` belong to
    ``apiKey``, ``scheme`` (lower case, such as ``basic``) to ``http``, and ``token_url`` to
    ``oauth2``, where a flow has one. ``is_parameter`` marks a scheme that the document declares as
    an ordinary parameter. ``argument`` names the tool's argument if the credential belongs in the
    path or the body (``body.key``); ``place`` is then unused.
    """

    kind: str
    name: str = ""
    place: ParameterLocation = ParameterLocation.HEADER
    scheme: str = ""
    token_url: str = ""
    is_parameter: bool = False
    argument: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """The names in ``argument``, outermost first."""
        return tuple(filter(None, self.argument.split(".")))


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: a method on a path of the API.

    ``security`` lists alternatives: each maps names of schemes to scopes, all of them required.
    ``schemes`` holds the schemes of those names. ``source`` is the address of the document, to
    which relative servers are relative, or empty. ``notes`` are sentences on what was corrected or
    left out of the document.
    """

    method: str
    path: str
    servers: Sequence[ApiServer]
    parameters: Sequence[Parameter] = ()
    body: OperationBody | None = None
    security: Sequence[Mapping[str, Sequence[str]]] = ()
    operation_id: str = ""
    summary: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    deprecated: bool = False
    schemes: Mapping[str, SecurityScheme] = field(default_factory=dict)
    source: str = ""
    notes: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The name of the operation within its document, such as ``GET /pets/{id}``."""
        return f"{self.method} {self.path}"
