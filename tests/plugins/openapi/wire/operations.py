"""Operations made by hand."""

from collections.abc import Sequence
from typing import Any

from domain.web.ports import WebRequest
from plugins.openapi.operation import (
    ApiServer,
    Content,
    Operation,
    OperationBody,
    Parameter,
    ParameterLocation,
)
from plugins.openapi.wire.requests import build_request

SERVER = ApiServer("https://api.example/v1")
URL = "https://api.example/v1"
PATHS = {ParameterLocation.PATH: "/p/{it}/z"}
STYLES = {ParameterLocation.PATH: "simple", ParameterLocation.HEADER: "simple"}
CALL = "0199-call"


def parameter(place: str, name: str = "it", **fields: Any) -> Parameter:
    """Return a parameter with the defaults of its place."""
    style = fields.pop("style", STYLES.get(ParameterLocation(place), "form"))
    explode = fields.pop("explode", style in ("form", "cookie"))
    known = {"argument": name, "schema": {}, **fields}
    return Parameter(name, ParameterLocation(place), style=style, explode=explode, **known)


def operation(
    *parameters: Parameter, path: str = "", method: str = "GET", **fields: Any
) -> Operation:
    """Return an operation; its path has a place for each parameter of the path."""
    placed = "".join(
        f"/{{{one.name}}}/z" for one in parameters if one.place is ParameterLocation.PATH
    )
    fields.setdefault("servers", [SERVER])
    return Operation(method, path or f"/p{placed}", parameters=parameters, **fields)


def with_body(*contents: Content, required: bool = True) -> Operation:
    """Return an operation with a body."""
    return operation(method="POST", body=OperationBody("body", contents, required))


def sent(value: Any, one: Parameter) -> WebRequest:
    """Return the request that a value of a parameter makes."""
    return build_request(operation(one), {one.argument: value})


def query_of(request: WebRequest) -> str | None:
    """Return the query, encoded; None if there is none."""
    return request.url.partition("?")[2] if "?" in request.url else None


def segment_of(request: WebRequest) -> str:
    """Return what took the place of the parameter of the path."""
    return request.url.removeprefix(f"{URL}/p/").removesuffix("/z")


def body_of(
    content: Content | Sequence[Content], value: Any, media_type: str | None = None
) -> tuple[str | None, bytes]:
    """Return the Content-Type and the body that a value makes."""
    contents = [content] if isinstance(content, Content) else content
    request = build_request(with_body(*contents), {"body": value}, media_type=media_type)
    return request.header("content-type"), request.body
