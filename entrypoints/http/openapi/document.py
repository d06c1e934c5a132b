"""The OpenAPI document of the API, generated from the routes and their decorators.

A view declares its responses (`document_response`, `responds_with`, `answers_nothing`) and those
errors that do not follow from its kind (`can_fail`). Quart-Schema generates the paths; this module
completes them to a valid document.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

from pydantic import BaseModel, RootModel
from quart import Quart, Response
from quart_schema import Info, OpenAPIProvider, QuartSchema
from quart_schema.validation import DataSource
from werkzeug.routing.rules import Rule

from domain.accounts.users import Role
from entrypoints.encoding import dump
from entrypoints.http.error_shapes import CANONICAL, ErrorFacts, ErrorShape, shape_at, shapes_of
from entrypoints.http.error_texts import TIMED_OUT
from entrypoints.http.errors import CODES
from entrypoints.http.idempotency import is_keyed
from entrypoints.http.openapi import text
from entrypoints.http.openapi.events import RunEvents
from entrypoints.http.openapi.schemas import (
    REFERENCE,
    body_schemas,
    plain_parameter,
    schemas_of,
    tidy,
)
from entrypoints.http.public_path import public_path
from entrypoints.http.security.guard import is_open, role_of
from entrypoints.http.security.limits import is_free
from entrypoints.http.security.tickets import is_ticketed
from entrypoints.settings.version import VERSION

View = TypeVar("View", bound=Callable[..., Any])
Arguments = ParamSpec("Arguments")
Json = dict[str, Any]

_ALSO: Final = "_puerto_also"
_EMPTY: Final = "_puerto_empty"
_FAILS: Final = "_puerto_fails"
_DOCUMENT: Final = "puerto.openapi"


def responds_with(model: type[BaseModel]) -> Callable[[View], View]:
    """Declare that 200 may also have other media types: ``model.media_types``."""
    return _marked(_ALSO, model)


def can_fail(*statuses: int) -> Callable[[View], View]:
    """Declare the errors of a view that do not follow from its kind.

    These follow: 400 and 500; 429 where requests are counted; 401 and 503 where credentials are
    required; 403 where a role above user is required; 404 where the path holds an id; 408, 413 and
    415 where there is a body; 409 where an idempotency key is honoured.
    """
    return _marked(_FAILS, statuses)


def can_answer_nothing(view: View) -> View:
    """Declare that success may also be 204, without a body."""
    return _marked(_EMPTY, value=True)(view)


def answers_nothing(
    view: Callable[Arguments, Awaitable[None]],
) -> Callable[Arguments, Awaitable[Response]]:
    """Make a view answer 204, without a body, when it returns."""

    @wraps(view)
    async def answer(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        await view(*args, **kwargs)
        response = Response(status=204)
        del response.headers["Content-Type"]
        return response

    return _marked(_EMPTY, value=True)(answer)


def _marked(name: str, value: object) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, name, value)
        return view

    return mark


class EventStream(RootModel[Any]):  # of no type: some tools look at a stream, some at its events
    """Server-sent events: each has an `Event` in JSON as its `data`, and as its `id` the cursor.

    The cursor of the last event received is the `Last-Event-ID` for coming back. A comment comes
    every 15 seconds when there is nothing to send.
    """

    media_types: ClassVar = ("text/event-stream",)


class DocumentProvider(OpenAPIProvider):
    """Quart-Schema's provider of the document, extended to complete it."""

    def schema(self) -> Json:
        """Return the whole document."""
        document: Json = super().schema()
        components = document["components"]
        components["schemas"] |= schemas_of("Event", RunEvents)
        components["schemas"] |= schemas_of("ClientFrame", text.client_frames())
        components["responses"] = {}
        for shape in shapes_of(self._app.extensions):
            components["schemas"] |= schemas_of(shape.model.__name__, shape.model)
            components["responses"] |= {
                _name(status, shape): _failure(status, shape) for status in text.EXAMPLES
            }
        components["headers"] = {"RequestId": text.REQUEST_ID, **text.RATE_LIMIT_HEADERS}
        components["securitySchemes"] = {"bearer": text.BEARER, "ticket": text.TICKET}
        document["tags"] = text.TAGS
        document["security"] = [{"bearer": []}]
        document["x-websockets"] = text.WEBSOCKETS
        document["paths"] = dict(sorted(document["paths"].items()))
        finished: Json = tidy(document)
        return finished | {"info": document["info"]}

    def build_paths(self, rule: Rule) -> tuple[Json, Json]:
        """Return the operations of one rule."""
        paths, schemas = super().build_paths(rule)
        for item in paths.values():
            for operation in item.values():
                schemas |= self._complete(operation, rule)
        return paths, schemas

    def _complete(self, operation: Json, rule: Rule) -> Json:
        view = self._app.view_functions[rule.endpoint]
        operation["operationId"] = rule.endpoint.replace(".", "_")
        operation["description"] = operation.get("description", "").strip()
        operation["security"] = _security(view)
        if is_keyed(view):
            operation["parameters"].append(text.IDEMPOTENCY_KEY)
        answers = {str(status): answer for status, answer in operation["responses"].items()}
        schemas: Json = {}
        if (also := getattr(view, _ALSO, None)) is not None:
            streamed, schemas = self.build_response_object(also, None)
            answers.setdefault("200", streamed | {"content": {}})
            answers["200"]["content"] |= streamed["content"]
        if getattr(view, _EMPTY, False):
            answers["204"] = {"description": "Done."}
        for success, answer in answers.items():
            answer["headers"] = text.headers(int(success))
            if links := text.LINKS.get(operation["operationId"]):
                answer["links"] = links
        shape = shape_at(self._app.extensions, rule.rule)
        for status in _statuses(view, rule, has_body="requestBody" in operation):
            name = _name(status, shape)
            answers.setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
        operation["responses"] = dict(sorted(answers.items()))
        return schemas

    def build_path_parameter(self, name: str, converter: Any) -> Json:
        """Return a path parameter, described."""
        parameter: Json = super().build_path_parameter(name, converter)
        described = text.PATH_PARAMETERS.get(name, {})
        return parameter | described

    def build_querystring_parameters(self, model: Any) -> tuple[list[Json], Json]:
        """Return the query parameters: strings, and so never null."""
        parameters, schemas = super().build_querystring_parameters(model)
        needed = model.model_json_schema().get("required", ())
        return [plain_parameter(parameter, needed) for parameter in parameters], schemas

    def build_headers_parameters(self, model: Any) -> tuple[list[Json], Json]:
        """Return the header parameters: strings, and so never null."""
        parameters, schemas = super().build_headers_parameters(model)
        needed = model.model_json_schema().get("required", ())
        return [plain_parameter(parameter, needed) for parameter in parameters], schemas

    def build_request_body(self, model: Any, source: DataSource) -> tuple[Json, Json]:
        """Return the request body with a reference to its model; optional if all its fields are."""
        body, schemas = super().build_request_body(model, source)
        (content,) = body["content"].values()
        schemas[model.__name__] = content["schema"]
        (content["example"],) = content["schema"].pop("examples")
        is_required = bool(content["schema"].get("required"))
        content["schema"] = {"$ref": REFERENCE.format(model=model.__name__)}
        described = {
            "description": inspect.getdoc(model) or model.__name__,
            "required": is_required,
        }
        return body | described, body_schemas(schemas)

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[Json, Json]:
        """Return a response with a reference to its model, under its media types."""
        answer, schemas = super().build_response_object(model, headers_model)
        content = answer["content"]["application/json"]
        schemas[model.__name__] = content["schema"]
        content = {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}
        media_types = getattr(model, "media_types", ("application/json",))
        return answer | {"content": dict.fromkeys(media_types, content)}, schemas


def _security(view: object) -> list[Json]:
    if is_open(view):
        return []
    return [{"bearer": []}, {"ticket": []}] if is_ticketed(view) else [{"bearer": []}]


def _statuses(view: object, rule: Rule, *, has_body: bool) -> Iterable[int]:
    statuses = {400, 500, *getattr(view, _FAILS, ())}
    if not is_free(rule.endpoint):
        statuses.add(429)
    if not is_open(view):
        statuses |= {401, 503}
    if role_of(view) is not Role.USER:
        statuses.add(403)
    if rule.arguments:
        statuses.add(404)
    if is_keyed(view):
        statuses.add(409)
    if has_body:
        statuses |= {408, 413, 415}
    return statuses


def _name(status: int, shape: ErrorShape) -> str:
    name = HTTPStatus(status).phrase.title().replace(" ", "")
    return name if shape is CANONICAL else f"{shape.model.__name__}{name}"


def _failure(status: int, shape: ErrorShape) -> Json:
    code, message = CODES[status], text.EXAMPLES[status]
    return {
        "description": TIMED_OUT if status == HTTPStatus.REQUEST_TIMEOUT else code.text,
        "headers": text.headers(status),
        "content": {
            "application/json": {
                "schema": {"$ref": REFERENCE.format(model=shape.model.__name__)},
                "example": shape.body(ErrorFacts(code, message, {}, "a1b2c3")),
            }
        },
    }


def openapi_document(app: Quart) -> bytes:
    """Return the document as JSON; it is generated once and cached."""
    if _DOCUMENT not in app.extensions:
        provider = app.extensions["QUART_SCHEMA"].openapi_provider
        servers = {"servers": [{"url": path}]} if (path := public_path(app)) else {}
        app.extensions[_DOCUMENT] = dump(provider.schema() | servers)
    document: bytes = app.extensions[_DOCUMENT]
    return document


def install_documentation(app: Quart) -> None:
    """Install validation and documentation of the application's routes."""
    json = app.json
    QuartSchema(
        app,
        openapi_path=None,  # Puerto has pages of its own, which work offline
        openapi_provider_class=DocumentProvider,
        info=Info(title="Puerto", version=VERSION, description=text.INTRODUCTION),
        conversion_preference="pydantic",
    )
    app.json = json  # Quart-Schema has replaced it
