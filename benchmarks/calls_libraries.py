"""Requests judged by whole libraries, which know OpenAPI themselves: a second opinion.

openapi-core judges documents of OpenAPI 3, bravado-core those of Swagger 2. They are asked only
where they are installed, each of them in its own way of reading requests.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote

from calls_judge import Judge, Received
from werkzeug.datastructures import Headers, ImmutableMultiDict

Opinion = Callable[[str, Received, Mapping[str, str]], list[str]]
"""Says what is wrong with a request of an operation, given the texts of its path."""


def opinion_on(tree: Mapping[str, Any], judge: Judge) -> Opinion | None:
    """Return what a library says of a document's requests; None if it is not there."""
    try:
        return _bravado(tree) if "swagger" in tree else _core(tree)
    except ImportError:
        return None


def _core(tree: Mapping[str, Any]) -> Opinion:
    from jsonschema_path import SchemaPath
    from openapi_core.datatypes import RequestParameters
    from openapi_core.templating.datatypes import TemplateResult
    from openapi_core.templating.paths.datatypes import PathOperationServer
    from openapi_core.validation.request import validators as known

    version = "V30" if str(tree.get("openapi", "")).startswith("3.0") else "V31"
    of_parameters = getattr(known, f"{version}RequestParametersValidator")
    of_body = getattr(known, f"{version}RequestBodyValidator")
    spec = SchemaPath.from_dict(dict(tree))

    class Request:
        def __init__(self, received: Received, texts: Mapping[str, str]) -> None:
            self.method, self.body = received.method.lower(), received.body
            self.content_type = received.header("content-type") or ""
            self.host_url, self.path = "http://host", received.target.partition("?")[0]
            cookies: SimpleCookie = SimpleCookie()
            try:
                cookies.load(received.header("cookie") or "")
            except CookieError:
                pass
            query = parse_qsl(received.target.partition("?")[2], keep_blank_values=True)
            self.parameters = RequestParameters(
                path={name: unquote(text) for name, text in texts.items()},
                query=ImmutableMultiDict(query),
                header=Headers(list(received.headers)),
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
            validator = kind(spec, path_finder_cls=Finder)
            for error in validator.iter_errors(Request(received, texts)):
                found.append(_told(error))
        return found

    return judged


def _told(error: BaseException) -> str:
    causes = []
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
    from calls_judge import form_pairs

    config = {"validate_swagger_spec": False, "use_models": False, "validate_requests": True}
    spec = Spec.from_dict(dict(tree), origin_url="http://host/swagger.json", config=config)
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
            kind = received.header("content-type") or ""
            is_form = "form" in kind
            pairs, files = form_pairs(kind, received.body) if is_form else ([], {})
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
