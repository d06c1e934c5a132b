"""Request bodies of learned APIs: to learn, change, refresh or accept one."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import Field

from domain.learning.api.settings import ApiSettings, Override, Selection
from domain.learning.documents import Document
from domain.learning.drafts import NAME_LENGTH, Edit, LearnOrder
from domain.tools.tool import Effect
from entrypoints.http.fields import RequestBody, example
from entrypoints.http.routes.learned_apis.patterns import EffectRules, FixedArguments, fixed_values

_EXAMPLE: Final = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example.com"}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "security": [{"key": []}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "List the pets",
                "responses": {"200": {"description": "The pets"}},
            }
        }
    },
}

Text = Annotated[str, Field(min_length=1, max_length=500)]
Texts = Annotated[list[Text], Field(max_length=1_000)]
ApiName = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
BaseUrl = Annotated[
    str,
    Field(max_length=2_000, description="The API's address, in place of the document's servers."),
]
Rate = Annotated[
    float, Field(ge=0.01, le=1_000, description="Requests that each worker may begin a second.")
]
Keys = Annotated[
    dict[str, Any],
    Field(
        max_length=50,
        description="By security scheme: a key or token as text, `{username, password}`, "
        "`{client_id, client_secret, refresh_token, token_url, scopes}`, or `{access_key_id, "
        "secret_access_key, session_token, region, service}`. Kept encrypted, and never shown.",
    ),
]


class SelectionBody(RequestBody):
    """Some operations. An empty list says nothing."""

    tags: Texts = Field(default_factory=list)
    paths: Texts = Field(default_factory=list, description="Patterns, such as `/pets*`.")
    methods: Texts = Field(default_factory=list)
    operations: Texts = Field(default_factory=list, description="`GET /pets`, or operation ids.")

    def record(self) -> Selection:
        """Return the record for the use case."""
        return Selection(
            tuple(self.tags), tuple(self.paths), tuple(self.methods), tuple(self.operations)
        )


class OverrideBody(RequestBody):
    """Overrides of one operation."""

    name: str | None = Field(None, pattern=r"^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$")
    description: str | None = Field(None, min_length=1, max_length=1_000)
    effect: Literal["read", "write", "destructive"] | None = None
    enabled: bool = True
    idempotent: bool | None = Field(
        None,
        description="Your word that a call which was interrupted may be made again unasked, "
        "however late. Without it only reads are, and what takes an `Idempotency-Key`.",
    )

    def record(self) -> Override:
        """Return the record for the use case."""
        effect = None if self.effect is None else Effect(self.effect)
        return Override(self.name, self.description, effect, self.enabled, self.idempotent)


class AuthBody(RequestBody):
    """Whose credentials the API is called with, and the operator's."""

    per_user: bool | None = Field(
        None, description="Each user's calls are made with the user's own credentials."
    )
    credentials: Keys | None = None


class SettingsBody(RequestBody):
    """The operator's settings of a learned API."""

    name: ApiName | None = None
    base_url: BaseUrl | None = None
    auth: AuthBody | None = None
    include: SelectionBody | None = Field(
        None, description="Operations that every list in it names. Not given: all."
    )
    exclude: SelectionBody | None = Field(
        None, description="No operation that any list in it names. Not given: none."
    )
    overrides: dict[str, OverrideBody] | None = Field(
        None, max_length=5_000, description="By operation (`GET /pets`) or operation id."
    )
    requests_per_second: Rate | None = None
    effects: EffectRules | None = None
    fixed_arguments: FixedArguments | None = None

    def settings(self) -> dict[str, Any]:
        """Return the settings that were sent, by the core's names."""
        fields: dict[str, Any] = {
            "base_url": self.base_url,
            "include": None if self.include is None else self.include.record(),
            "exclude": None if self.exclude is None else self.exclude.record(),
            "overrides": None
            if self.overrides is None
            else {name: each.record() for name, each in self.overrides.items()},
            "per_user": None if self.auth is None else self.auth.per_user,
            "per_second": self.requests_per_second,
            "effects": None
            if self.effects is None
            else tuple(rule.record() for rule in self.effects),
        }
        return {name: value for name, value in fields.items() if value is not None}

    def credentials(self) -> Mapping[str, Any] | None:
        """Return the operator's credentials, None if they were not sent."""
        return None if self.auth is None else self.auth.credentials


class LearnRequest(SettingsBody):
    """An API to learn: its document, or the address of that, and what is wanted of it."""

    model_config = example({"type": "openapi", "source": _EXAMPLE, "auth": {"per_user": True}})

    type: Literal["openapi"] = "openapi"
    source: str | dict[str, Any] = Field(
        description="The document: its address, or itself as an object or as text in JSON or YAML."
    )
    strict: bool = Field(
        default=False,
        description="Learn it only if it keeps the rules of its OpenAPI version. If not, "
        "`details.findings` of the error says which it breaks, line by line.",
    )

    def order(self) -> LearnOrder:
        """Return the record for the use case."""
        return LearnOrder(
            document_of(self.source),
            self.name or "",
            ApiSettings(**self.settings()),
            self.credentials(),
            fixed_values(self.fixed_arguments),
            self.strict,
        )


class ApiChange(SettingsBody):
    """Changes of the settings; fields left out stay as they are, lists and maps are replaced."""

    model_config = example({"exclude": {"methods": ["DELETE"]}, "requests_per_second": 5})

    def edit(self) -> Edit:
        """Return the record for the use case."""
        fixed = fixed_values(self.fixed_arguments)
        return Edit(self.name, self.settings(), self.credentials(), fixed)


class NewDocument(RequestBody):
    """A new document; without one that at the API's own address is read."""

    model_config = example({"source": _EXAMPLE})

    source: str | dict[str, Any] | None = None


class AcceptRequest(RequestBody):
    """The version to accept."""

    model_config = example({"waiting": ""})

    waiting: str = Field("", description="`waiting` as it was seen: another one is not accepted.")


class OwnCredentials(RequestBody):
    """Your own credentials for an API."""

    model_config = example({"credentials": {"key": "what the API gave you"}})

    credentials: Keys


def document_of(source: str | dict[str, Any]) -> Document:
    """Return the document or its address: an address is one word with a scheme."""
    if isinstance(source, dict):
        return Document(data=orjson.dumps(source))
    text = source.strip()
    is_address = "://" in text[:12] and len(text.split()) == 1
    return Document(text) if is_address else Document(data=source.encode())
