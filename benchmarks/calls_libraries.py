"""Requests judged by whole libraries, which know OpenAPI themselves: a second opinion.

openapi-core judges documents of OpenAPI 3, bravado-core those of Swagger 2. They are asked only
where they are installed, each of them in its own way of reading requests.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote

from calls_bodies import form_pairs
from calls_judge import Received
from werkzeug.datastructures import Headers, ImmutableMultiDict

Opinion = Callable[[str, Received, Mapping[str, str]], list[str]]
"""Says what is wrong with a request of an operation, given the texts of its path."""


def opinion_on(tree: Mapping[str, Any]) -> Opinion | None:
    """Return what a library says of a document's requests.

    None if it is not there, or the document is none that it knows: it would fetch what stands in
    other documents, and it may find that one has no name for a resource.
    """
    if not all(reference.startswith("#") for reference in _references(tree)):
        return None
    try:
        return _bravado(tree) if "swagger" in tree else _core(tree)
    except Exception:  # noqa: BLE001  each has errors of its own
        return None


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _core(tree: Mapping[str, Any]) -> Opinion:
    from jsonschema_path import SchemaPath
    from openapi_core.datatypes import RequestParameters
    from openapi_core.templating.datatypes import TemplateResult
    from openapi_core.templating.paths.datatypes import PathOperationServer
    from openapi_core.validation.request import validators as known
    from openapi_core.validation.request.exceptions import MissingRequestBody

    version = "V30" if str(tree.get("openapi", "")).startswith("3.0") else "V31"
    of_parameters = getattr(known, f"{version}RequestParametersValidator")
    of_body = getattr(known, f"{version}RequestBodyValidator")
    spec = SchemaPath.from_dict(dict(tree))

    class Request:
        def __init__(self, received: Received, texts: Mapping[str, str]) -> None:
            self.method, self.body = received.method.lower(), received.body
            self.content_type = received.content_type or ""
            self.host_url, self.path = "http://host", received.target.partition("?")[0]
            headers = Headers(list(received.headers))
            cookies: SimpleCookie = SimpleCookie()
            with suppress(CookieError):
                cookies.load(headers.get("cookie", ""))
            query = parse_qsl(received.target.partition("?")[2], keep_blank_values=True)
            self.parameters = RequestParameters(
                path={name: unquote(text) for name, text in texts.items()},
                query=ImmutableMultiDict(query),
                header=headers,
                cookie=ImmutableMultiDict({name: each.value for name, each in cookies.items()}),
            )

    def judged(wanted: str, received: Received, texts: Mapping[str, str]) -> list[str]:
        method, _, template = wanted.partition(" ")
        path = spec / "paths" / template

        class Finder:
            def __init__(self, _spec: Any, base_url: Any = None) -> None:
                pass

            def find(self, _method: str, _name: str) -> Any:
                result = TemplateResult(template, dict(texts))
                return PathOperationServer(path, path / method.lower(), spec, result, result)

        found = []
        for kind in (of_parameters, of_body):
            essence = (received.content_type or "").partition(";")[0].strip().lower()
            others = {essence: _json} if essence.endswith("+json") else {}
            validator = kind(spec, path_finder_cls=Finder, extra_media_type_deserializers=others)
            errors = validator.iter_errors(Request(received, texts))
            found += [_told(each) for each in errors if type(each) is not MissingRequestBody]
        return found

    return judged


def _json(value: bytes, **_parameters: str) -> Any:
    return json.loads(value)


def _told(error: BaseException) -> str:
    causes: list[str] = []
    at: BaseException | None = error
    while at is not None and len(causes) < 4:
        inner = "; ".join(str(each.message) for each in getattr(at, "schema_errors", ()))
        causes.append(f"{type(at).__name__}: {inner or at}"[:300])
        at = at.__cause__
    return " <- ".join(causes)


def _bravado(tree: Mapping[str, Any]) -> Opinion:
    from bravado_core.param import unmarshal_param
    from bravado_core.request import IncomingRequest
    from bravado_core.spec import Spec
    from jsonschema import validators

    config = {"validate_swagger_spec": False, "use_models": False, "validate_requests": True}
    known = validators._META_SCHEMAS  # noqa: SLF001  there is no other way to it
    others = {name: known[name] for name in known if "openapis.org" in name}
    for name in others:  # the library walks through all that are known, and would fetch theirs
        del known[name]
    try:
        spec = Spec.from_dict(dict(tree), origin_url="http://host/swagger.json", config=config)
    finally:
        known.update(others)
    operations = {
        f"{one.http_method.upper()} {one.path_name}": one
        for resource in spec.resources.values()
        for one in vars(resource).get("operations", {}).values()
    }

    class Request(IncomingRequest):  # type: ignore[misc]  # the library has no types
        def __init__(self, received: Received, texts: Mapping[str, str]) -> None:
            self.path = {name: unquote(text) for name, text in texts.items()}
            self.headers = Headers(list(received.headers))
            self.query = _lists(
                parse_qsl(received.target.partition("?")[2], keep_blank_values=True)
            )
            kind = received.content_type or ""
            pairs, files = form_pairs(kind, received.body) if "form" in kind else ([], {})
            self.form = _lists([(name, unquote(text.replace("+", " "))) for name, text in pairs])
            self.files = files
            self._body = received.body

        def json(self, **_options: Any) -> Any:
            return json.loads(self._body) if self._body else None

    def judged(wanted: str, received: Received, texts: Mapping[str, str]) -> list[str]:
        request = Request(received, texts)
        found = []
        for one in operations[wanted].params.values():
            try:
                unmarshal_param(one, request)
            except Exception as error:  # noqa: BLE001  whatever it raises is its opinion
                found.append(f"{one.location} {one.name}: {error!r}"[:500])
        return found

    return judged


def _lists(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            known = made[name]
            made[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            made[name] = value
    return made
