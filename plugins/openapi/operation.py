"""An operation of an API, as far as calling it needs: what reading makes and calling takes.

References are resolved where they stand for parameters, bodies and headers; inside schemas they
stay (``#/$defs/...`` of the tool's own schema), so that nothing has to be finite but the document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

AWS_SIGNED: Final = "awsSigV4"
"""The kind of a security scheme that wants requests signed for AWS."""


class Place(StrEnum):
    """Where a parameter goes (OpenAPI 3.2, "Parameter Locations")."""

    PATH = "path"
    QUERY = "query"
    QUERYSTRING = "querystring"
    HEADER = "header"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter and how its value is written (Parameter Object).

    ``argument`` is its name in the tool's arguments, empty where it has none, and ``name`` the one
    on the wire. With ``media_type`` the value is written in that format, and the style does not
    count.
    """

    name: str
    place: Place
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
    """One form that a body can have: its schema, and the Encoding Objects of its properties."""

    media_type: str
    schema: Any
    encoding: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Body:
    """The body; ``argument`` is its name in the tool's arguments."""

    argument: str
    contents: Sequence[Content]
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the API is: an absolute or relative URL with ``{variables}`` and their defaults."""

    url: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """How credentials are sent (Security Scheme Object; Swagger 2's ``basic`` is ``http`` here).

    ``kind`` is ``apiKey``, ``http``, ``oauth2``, ``openIdConnect``, ``mutualTLS``, or ``awsSigV4``
    for requests that are signed (``name`` is the service's, or empty). ``name`` and ``place``
    belong to ``apiKey``, ``scheme`` (lower case, such as ``basic``) to ``http``, and
    ``token_url`` to ``oauth2``, where a flow has one. ``is_parameter`` is one that the document
    does not name as a scheme: it has the credential among its parameters. ``argument`` is the one
    that it is where it stands in a path or a body (``body.key``); then there is no ``place``.
    """

    kind: str
    name: str = ""
    place: Place = Place.HEADER
    scheme: str = ""
    token_url: str = ""
    is_parameter: bool = False
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API can do.

    ``security`` lists alternatives: each maps names of schemes to scopes, all of them needed.
    ``schemes`` holds what those names stand for. ``source`` is the address of the document, which
    relative servers start from, or empty. ``notes`` say, a sentence each, what was mended or left
    out of what the document says.
    """

    method: str
    path: str
    servers: Sequence[Server]
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
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
        """Name the operation within its document, such as ``GET /pets/{id}``."""
        return f"{self.method} {self.path}"
